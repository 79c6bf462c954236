import { Injectable } from '@nestjs/common';
import { DataSource, IsNull } from 'typeorm';
import { inTransaction } from '../../database/index.js';
import { decodeCursor, encodeCursor, toPage, type Page, type PageRequest } from '../../shared/index.js';
import { ApiKeyEntity } from './api-key.entity.js';

const LIST = 'api-keys';

@Injectable()
export class ApiKeysRepository {
  constructor(private readonly dataSource: DataSource) {}

  async insert(key: ApiKeyEntity): Promise<void> {
    await this.dataSource.getRepository(ApiKeyEntity).insert(key);
  }

  async findByHash(hash: Buffer): Promise<ApiKeyEntity | null> {
    return this.dataSource.getRepository(ApiKeyEntity).findOneBy({ secretHash: hash });
  }

  async find(id: string): Promise<ApiKeyEntity | null> {
    return this.dataSource.getRepository(ApiKeyEntity).findOneBy({ id });
  }

  async list({ limit, cursor }: PageRequest): Promise<Page<ApiKeyEntity>> {
    const query = this.dataSource
      .getRepository(ApiKeyEntity)
      .createQueryBuilder('key')
      .orderBy('key.id::text')
      .take(limit + 1);
    if (cursor !== undefined) {
      const [after] = decodeCursor(LIST, cursor, ['text']);
      query.where('key.id::text > :after', { after });
    }
    return toPage(
      await query.getMany(),
      limit,
      (last) => encodeCursor(LIST, [last.id]),
      (key) => key,
    );
  }

  async revoke(id: string, at: number): Promise<void> {
    await this.dataSource.getRepository(ApiKeyEntity).update({ id, revokedAt: IsNull() }, { revokedAt: at });
  }

  /** Adds `next` and lets the key end at `endsAt`, if not before. False, and nothing is done, where it is over at `now`. */
  async replace(id: string, next: ApiKeyEntity, now: number, endsAt: number): Promise<boolean> {
    return inTransaction(this.dataSource, async (manager) => {
      const rows = await manager.query<[unknown[], number]>(
        `UPDATE api_key SET expires_at = least(expires_at, $3)
         WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2) RETURNING id`,
        [id, new Date(now), new Date(endsAt)],
      );
      if (rows[1] === 0) return false;
      await manager.insert(ApiKeyEntity, next);
      return true;
    });
  }

  async touch(id: string, at: number): Promise<void> {
    await this.dataSource.getRepository(ApiKeyEntity).update({ id }, { lastUsedAt: at });
  }
}
