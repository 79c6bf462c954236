import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../shared/index.js';
import { RedisHealth } from './redis-health.js';
import { parseRedisUrl, refuseUnfit } from './redis-server.js';

describe('parseRedisUrl', () => {
  it.each([
    ['redis://localhost', { host: 'localhost', port: 6379 }, 'localhost:6379'],
    [
      'redis://u%40x:p%2Fw@r.example:6380/3',
      { host: 'r.example', port: 6380, username: 'u@x', password: 'p/w', db: 3 },
      'r.example:6380',
    ],
    [
      'rediss://r.example',
      { host: 'r.example', port: 6379, tls: { servername: 'r.example' } },
      'r.example:6379',
    ],
    ['redis://[::1]:7000', { host: '::1', port: 7000 }, '[::1]:7000'],
    ['unix:///run/redis%20x.sock', { path: '/run/redis x.sock' }, '/run/redis x.sock'],
  ])('reads %s', (url, options, place) => {
    expect(parseRedisUrl(url)).toEqual({ options, place });
  });

  it.each(['', 'localhost:6379', 'http://r.example', 'redis:///0', 'redis://r/abc', 'unix:///'])(
    'refuses %j',
    (url) => {
      expect(() => parseRedisUrl(url)).toThrow(Refusal);
    },
  );

  it('never fails with anything but a refusal, and never shows a password', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.webUrl(),
          fc.string(),
          fc.string().map((text) => `redis://u:secret@${text}`),
        ),
        (url) => {
          try {
            expect(parseRedisUrl(url).place).not.toContain('secret');
          } catch (error) {
            expect(error).toBeInstanceOf(Refusal);
            expect((error as Refusal).message).not.toContain('secret');
          }
        },
      ),
    );
  });
});

describe('refuseUnfit', () => {
  const info = (version: string, policy: string) =>
    `redis_version:${version}\r\nmaxmemory_policy:${policy}\r\n`;

  it('takes a server that never evicts', () => {
    expect(() => refuseUnfit('r:1', info('7.0.15', 'noeviction'))).not.toThrow();
    expect(() => refuseUnfit('r:1', info('6.2.0', 'noeviction'))).not.toThrow();
  });

  it('refuses one that may evict, and one that is too old', () => {
    expect(() => refuseUnfit('r:1', info('7.0.15', 'allkeys-lru'))).toThrow(
      /r:1 may evict keys \(.*allkeys-lru\).*noeviction/,
    );
    expect(() => refuseUnfit('r:1', info('6.0.16', 'noeviction'))).toThrow(/6\.0\.16; Countfree needs 6\.2/);
    expect(() => refuseUnfit('r:1', '')).toThrow(/unknown/);
  });
});

describe('RedisHealth', () => {
  function record() {
    const lines: string[] = [];
    const add = (line: string) => lines.push(line);
    let now = 1_000;
    const health = new RedisHealth('r:1', { warn: add, error: add }, () => now);
    return { lines, health, pass: (ms: number) => (now += ms) };
  }

  it('tells of an outage once, reminds once a minute, and tells of its end', () => {
    const { lines, health, pass } = record();
    for (let second = 0; second < 70; second += 1) {
      health.away('ECONNREFUSED');
      pass(1_000);
    }
    expect(health.available).toBe(false);
    health.back();
    health.back();
    expect(health.available).toBe(true);
    expect(lines).toEqual([
      'Redis at r:1 is away (ECONNREFUSED). Jobs wait until it is back.',
      'Redis at r:1 is away for 60 s (ECONNREFUSED). Jobs wait until it is back.',
      'Redis at r:1 is back after 70.0 s.',
    ]);
  });

  it('tells other trouble once a minute for each text, and not during an outage', () => {
    const { lines, health, pass } = record();
    for (let i = 0; i < 5; i += 1) health.trouble('Worker a', new Error('odd'));
    health.trouble('Worker b', new Error('odd'));
    pass(60_000);
    health.trouble('Worker a', new Error('odd'));
    health.away('gone');
    health.trouble('Worker a', new Error('Connection is closed.'));
    expect(lines.slice(0, 3)).toEqual(['Worker a: odd', 'Worker b: odd', 'Worker a: odd']);
    expect(lines).toHaveLength(4);
  });
});
