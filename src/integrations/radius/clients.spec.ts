import { describe, expect, it } from 'vitest';
import { Refusal } from '../../shared/index.js';
import { clientFinder, parseRadiusClients, realmOf } from './clients.js';

const parse = (clients: unknown) => parseRadiusClients(JSON.stringify({ clients }), '/etc/clients.json');

describe('clients', () => {
  it('are found by the longest prefix, also where IPv4 comes through a socket of both families', () => {
    const find = clientFinder(
      parse([
        { address: '192.0.2.0/24', secret: 'secret-of-many', realm: 'vpg-1' },
        { address: '192.0.2.7', secret: 'secret-of-one', apns: { 'IoT.example': 'vpg-2' } },
        { address: '2001:db8::/32', secret: 'secret-of-six', realm: 'vpg-3' },
      ]),
    );
    expect(find('192.0.2.1')?.secret.toString()).toBe('secret-of-many');
    const one = find('::ffff:192.0.2.7');
    expect(one?.secret.toString()).toBe('secret-of-one');
    expect(one && realmOf(one, 'iot.EXAMPLE')).toBe('vpg-2');
    expect(one && realmOf(one, null)).toBeUndefined();
    expect(find('2001:db8::1')?.realm).toBe('vpg-3');
    expect(find('198.51.100.1')).toBeUndefined();
  });

  it('that are not in their form are refused field by field, and no secret is repeated', () => {
    const refuse = (work: () => unknown) => {
      try {
        work();
      } catch (error) {
        if (error instanceof Refusal) return error;
      }
      throw new Error('was not refused');
    };
    const fields = refuse(() =>
      parse([
        { address: '192.0.2.1/24', secret: 'hushhush' },
        { address: '::1', secret: 'short' },
      ]),
    ).fields.map(({ pointer }) => pointer);
    expect(fields).toEqual(expect.arrayContaining(['/clients/0/address', '/clients/1/secret']));
    const broken = refuse(() => parseRadiusClients('{"clients":[{"secret":"hushhush"', '/etc/clients.json'));
    expect(broken.message).not.toContain('hush');
  });
});
