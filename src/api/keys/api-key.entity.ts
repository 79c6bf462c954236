import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { unixMilliseconds } from '../../database/index.js';
import type { Scope } from '../kit/scopes.js';

/** A key that opens the API. The key itself is nowhere: only its SHA-256. */
@Entity('api_key')
export class ApiKeyEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'api_key_pkey' })
  id!: string;
  @Column('text')
  name!: string;
  @Index('api_key_secret_hash_key', { unique: true })
  @Column('bytea', { name: 'secret_hash' })
  secretHash!: Buffer;
  @Column('text', { array: true })
  scopes!: Scope[];
  @Column('timestamptz', { name: 'created_at', transformer: unixMilliseconds })
  createdAt!: number;
  /** The key that made it; null = made by a command on the host. */
  @Column('uuid', { name: 'created_by', nullable: true })
  createdBy!: string | null;
  @Column('timestamptz', { name: 'expires_at', nullable: true, transformer: unixMilliseconds })
  expiresAt!: number | null;
  @Column('timestamptz', { name: 'revoked_at', nullable: true, transformer: unixMilliseconds })
  revokedAt!: number | null;
  /** Exact to a minute. */
  @Column('timestamptz', { name: 'last_used_at', nullable: true, transformer: unixMilliseconds })
  lastUsedAt!: number | null;
}
