import { beforeAll, describe, expect, it } from 'vitest';
import { useTestDatabase } from '../../../test/support/database.js';
import { ApiKeyEntity } from './api-key.entity.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import { ApiKeysService } from './api-keys.service.js';

const database = useTestDatabase({ entities: [ApiKeyEntity] });

/** Counts looks; `found` is told of each, and holds back what it found. */
class WatchedRepository extends ApiKeysRepository {
  looks = 0;
  found: () => Promise<void> = () => Promise.resolve();

  override async findByHash(hash: Buffer): Promise<ApiKeyEntity | null> {
    this.looks += 1;
    const found = await super.findByHash(hash);
    await this.found();
    return found;
  }
}

const clock = { time: Date.UTC(2026, 9, 15), now: () => clock.time };

/** What a process has of keys. */
function processKeys() {
  const repository = new WatchedRepository(database().dataSource);
  return { repository, keys: new ApiKeysService(repository, clock) };
}

describe('a key', () => {
  let here: ReturnType<typeof processKeys>;
  let there: ReturnType<typeof processKeys>;
  beforeAll(() => {
    here = processKeys();
    there = processKeys();
  });
  const make = () => here.keys.create({ name: 'billing', scopes: ['billing'] });

  it('is looked up once a second, however often it is used', async () => {
    const { secret, key } = await make();
    here.repository.looks = 0;
    for (let n = 0; n < 5; n += 1) expect((await here.keys.authenticate(secret))?.id).toBe(key.id);
    clock.time += 999;
    await here.keys.authenticate(secret);
    expect(here.repository.looks).toBe(1);
    clock.time += 1;
    await here.keys.authenticate(secret);
    expect(here.repository.looks).toBe(2);
  });

  it('opens nothing once revoked here, and a second later nothing in any other process', async () => {
    const { secret, key } = await make();
    expect(await here.keys.authenticate(secret)).toBeDefined();
    expect(await there.keys.authenticate(secret)).toBeDefined();
    await here.keys.revoke(key.id);
    expect(await here.keys.authenticate(secret)).toBeUndefined();
    clock.time += 1000;
    expect(await there.keys.authenticate(secret)).toBeUndefined();
  });

  it('is not remembered by a look that began before it was revoked', async () => {
    const { secret, key } = await make();
    here.repository.found = async () => {
      here.repository.found = () => Promise.resolve();
      await here.keys.revoke(key.id);
    };
    await here.keys.authenticate(secret);
    expect(await here.keys.authenticate(secret)).toBeUndefined();
  });

  it('expires although it is remembered', async () => {
    const { secret } = await here.keys.create({
      name: 'short',
      scopes: ['billing'],
      expiresAt: new Date(clock.time + 500).toISOString(),
    });
    expect(await here.keys.authenticate(secret)).toBeDefined();
    clock.time += 500;
    expect(await here.keys.authenticate(secret)).toBeUndefined();
  });

  it('is looked up each time where it is wrong', async () => {
    const looks = here.repository.looks;
    const wrong = `cfk_${'A'.repeat(43)}`;
    for (let n = 0; n < 3; n += 1) expect(await here.keys.authenticate(wrong)).toBeUndefined();
    expect(here.repository.looks).toBe(looks + 3);
  });

  it('says when it was used last, a minute behind at the most', async () => {
    const { secret, key } = await make();
    const used = async () => (await there.keys.get(key.id)).lastUsedAt;
    await here.keys.authenticate(secret);
    const first = clock.time;
    expect(await used()).toBe(first);
    for (let second = 0; second < 59; second += 1) {
      clock.time += 1000;
      await here.keys.authenticate(secret);
    }
    expect(await used()).toBe(first);
    clock.time += 1000;
    await here.keys.authenticate(secret);
    expect(await used()).toBe(first + 60_000);
  });
});
