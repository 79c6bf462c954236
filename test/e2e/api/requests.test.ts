import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { expectProblem, useApi } from './support.js';

const api = useApi({ options: { bodyLimit: 4096 } });
/** 5,000 octets of gzip that are valid and unpack to nothing: its head, and empty blocks. */
const EMPTY_BLOCKS = '\x1f\x8b\x08\0\0\0\0\0\0\x03' + '\0\0\0\xff\xff'.repeat(998);
const keyInput = { name: 'billing system', scopes: ['billing'] };

describe('bad requests', () => {
  it('name every bad field at once', async () => {
    const answer = await api.post('/v1/api-keys', {
      name: '',
      scopes: ['billing', 'root'],
      expiresAt: 'tomorrow',
      colour: 'red',
    });
    expect(expectProblem(answer, 400, 'invalid').sort()).toEqual([
      'body /colour',
      'body /expiresAt',
      'body /name',
      'body /scopes/1',
    ]);
  });

  it('refuse unknown and repeated parameters', async () => {
    const answer = await api.get('/v1/api-keys?limit=0&colour=red&cursor=a&cursor=b');
    expect(expectProblem(answer, 400, 'invalid').sort()).toEqual([
      'query /colour',
      'query /cursor',
      'query /limit',
    ]);
  });

  it('say of a span only what is wrong with it', async () => {
    const faults = async (from: string, to: string) =>
      expectProblem(await api.get(`/v1/usage?from=${from}&to=${to}`), 400, 'invalid');
    const [first, second] = ['2026-10-01T00:00:00Z', '2026-10-02T00:00:00Z'];
    expect(await faults('x', second)).toEqual(['query /from']);
    expect(await faults(first, 'x')).toEqual(['query /to']);
    expect(await faults(second, first)).toEqual(['query /to']);
    expect(await faults(first, first)).toEqual(['query /to']);
  });

  it('refuse a cursor that is none', async () => {
    expect(expectProblem(await api.get('/v1/api-keys?cursor=eyJhIjoxfQ'), 400, 'invalid')).toEqual([
      'query /cursor',
    ]);
  });

  it('refuse malformed, missing, too large and foreign bodies, each in its way', async () => {
    expectProblem(await api.post('/v1/api-keys', undefined, { raw: '{"name":' }), 400, 'malformed');
    expect(expectProblem(await api.post('/v1/api-keys'), 400, 'invalid')).toEqual(['body ']);
    expectProblem(await api.post('/v1/api-keys', { name: 'x'.repeat(5000), scopes: [] }), 413, 'too_large');
    const bomb = gzipSync(Buffer.alloc(1024 * 1024, ' '));
    const zipped = { 'content-encoding': 'gzip' };
    expectProblem(
      await api.post('/v1/api-keys', undefined, { raw: bomb, headers: zipped }),
      413,
      'too_large',
    );
    expectProblem(
      await api.post('/v1/api-keys', undefined, { raw: '{}', headers: zipped }),
      400,
      'malformed',
    );
    const xml = { 'content-type': 'application/xml' };
    expectProblem(
      await api.post('/v1/api-keys', undefined, { raw: '<a/>', headers: xml }),
      415,
      'wrong_content_type',
    );
    const latin = { 'content-type': 'application/json; charset=shift_jis' };
    expectProblem(
      await api.post('/v1/api-keys', undefined, { raw: '{}', headers: latin }),
      415,
      'wrong_content_type',
    );
    expectProblem(await api.post('/v1/api-keys', undefined, { raw: 'null' }), 400, 'invalid');
    expectProblem(
      await api.post('/v1/api-keys', undefined, {
        raw: '{"__proto__":{"a":1},"name":"a","scopes":["admin"]}',
      }),
      400,
      'invalid',
    );
  });

  it('refuse what no database can hold and what no field is', async () => {
    const input = { ...keyInput, name: 'a\u0000b', more: { '\ud800': ['x\udc00'] } };
    expect(expectProblem(await api.post('/v1/api-keys', input), 400, 'invalid')).toEqual([
      'body /name',
      'body /more',
      'body /more/\ud800/0',
    ]);
    const deep = `${'['.repeat(2000)}${']'.repeat(2000)}`;
    const [pointer] = expectProblem(await api.post('/v1/api-keys', undefined, { raw: deep }), 400, 'invalid');
    expect(pointer).toBe(`body ${'/0'.repeat(50)}`);
    expect(expectProblem(await api.get('/v1/api-keys/%00'), 400, 'invalid')).toEqual(['path /keyId']);
  });

  it('refuse a member that is said twice, since nobody knows which one is meant', async () => {
    const raw = '{"name":"a","scopes":["billing"],"na\\u006de":"b"}';
    expect(expectProblem(await api.post('/v1/api-keys', undefined, { raw }), 400, 'invalid')).toEqual([
      'body /name',
    ]);
  });

  it('take text in the charset that it names, and refuse octets that are none of it', async () => {
    const csv = (name: Buffer) => Buffer.concat([Buffer.from('id,name\nsim-sjis,'), name, Buffer.from('\n')]);
    const shiftJis = Buffer.from('88ea8d86', 'hex');
    const send = (raw: Buffer, type: string) =>
      api.post('/v1/sims/csv', undefined, {
        raw: new Uint8Array(raw),
        headers: { 'content-type': type },
      });
    expectProblem(await send(csv(shiftJis), 'text/csv'), 400, 'malformed');
    expectProblem(await send(csv(shiftJis), 'text/csv; charset=klingon'), 415, 'wrong_content_type');
    expect((await send(csv(shiftJis), 'text/csv; charset=Shift_JIS')).body).toMatchObject({ created: 1 });
    expect((await api.get('/v1/sims/sim-sjis')).body.name).toBe('一号');
    const raw = new Uint8Array(Buffer.from('{"id":"sim-latin","name":"\xe9"}', 'latin1'));
    expectProblem(await api.post('/v1/sims', undefined, { raw }), 400, 'malformed');
    const mark = Buffer.from('\ufeff{"id":"sim-mark"}');
    expect((await api.post('/v1/sims', undefined, { raw: new Uint8Array(mark) })).status).toBe(201);
  });

  it('refuse a precondition that cannot be looked at', async () => {
    const headers = { 'if-match': '"1.x"' };
    expectProblem(await api.post('/v1/api-keys', keyInput, { headers }), 412, 'changed_meanwhile');
    expect((await api.post('/v1/api-keys', keyInput, { headers: { 'if-match': '*' } })).status).toBe(201);
  });

  it('take a compressed body', async () => {
    const text = JSON.stringify(keyInput);
    for (const [encoding, pack] of [
      ['gzip', gzipSync],
      ['deflate', deflateSync],
      ['br', brotliCompressSync],
      ['Identity', (plain: string) => Buffer.from(plain)],
    ] as const) {
      const raw = new Uint8Array(pack(text));
      const headers = { 'content-encoding': encoding };
      const answer = await api.post('/v1/api-keys', undefined, { raw, headers });
      expect([encoding, answer.status]).toEqual([encoding, 201]);
      expectProblem(
        await api.post('/v1/api-keys', undefined, { raw: raw.subarray(0, -5), headers }),
        400,
        'malformed',
      );
    }
    for (const encoding of ['zstd', 'gzip, gzip', 'constructor']) {
      const call = { raw: text, headers: { 'content-encoding': encoding } };
      expectProblem(await api.post('/v1/api-keys', undefined, call), 415, 'wrong_content_type');
    }
  });

  it('are told that they are too large before all of it has come, and the connection goes on', async () => {
    const head = `POST /v1/api-keys HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${api.adminKey}\r\ncontent-type: application/json\r\n`;
    for (const [framing, sent, rest] of [
      ['content-length: 100000', '{', ' '.repeat(99_999)],
      ['transfer-encoding: chunked', `1388\r\n${' '.repeat(5000)}\r\n`, '0\r\n\r\n'],
      ['content-encoding: gzip\r\ntransfer-encoding: chunked', `1388\r\n${EMPTY_BLOCKS}`, '\r\n0\r\n\r\n'],
    ] as const) {
      const socket = connect(Number(new URL(api.origin).port), '127.0.0.1');
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.write(`${head}${framing}\r\n\r\n`);
      socket.write(sent, 'latin1');
      await expect.poll(() => text, { timeout: 5_000 }).toContain('too_large');
      expect(text).toMatch(/^HTTP\/1\.1 413 /);
      socket.write(`${rest}GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n`);
      await expect.poll(() => text, { timeout: 5_000 }).toContain('{"status":"ok"}');
      socket.destroy();
    }
  });

  it('refuse a name that would be lost', async () => {
    const raw = '{"id":"sim-proto","tags":{"__proto__":"x"}}';
    const refused = await api.post('/v1/sims', undefined, { raw });
    expect(expectProblem(refused, 400, 'invalid')).toEqual(['body /tags/__proto__']);
    const csv = { raw: 'id,tag:__proto__\nsim-proto,x\n', headers: { 'content-type': 'text/csv' } };
    expectProblem(await api.post('/v1/sims/csv', undefined, csv), 400, 'invalid');
    expectProblem(await api.get('/v1/sims/sim-proto'), 404, 'not_found');
  });

  it('want a Host', async () => {
    const socket = connect(Number(new URL(api.origin).port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.write('GET /healthz HTTP/1.1\r\n\r\n');
    await expect.poll(() => text).toContain('needs a Host header');
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    socket.destroy();
  });

  it('tell an unknown path from a wrong method', async () => {
    expectProblem(await api.get('/v1/nothing'), 404, 'unknown_path');
    const answer = await api.put('/v1/api-keys', {});
    expectProblem(answer, 405, 'wrong_method');
    expect(answer.headers.get('allow')).toBe('POST, GET, HEAD');
    const options = await api.call('OPTIONS', '/v1/sims/x/');
    expectProblem(options, 405, 'wrong_method');
    expect(options.headers.get('allow')).toBe('GET, HEAD, PATCH, DELETE');
    expectProblem(await api.get('/v1/api-keys/%E0%A4%A'), 400, 'malformed');
    expect(expectProblem(await api.get('/v1/api-keys/17'), 400, 'invalid')).toEqual(['path /keyId']);
    expectProblem(await api.get('/v1/api-keys/00000000-0000-4000-8000-000000000000'), 404, 'not_found');
  });

  it('do not read the body of a stranger', async () => {
    const answer = await api.post('/v1/api-keys', undefined, { raw: '{"name":', key: null });
    expectProblem(answer, 401, 'unauthenticated');
  });

  it('end a request whose body never comes whole', async () => {
    const { port } = new URL(api.origin);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write(`POST /v1/api-keys HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${api.adminKey}\r\n`);
        socket.end('content-type: application/json\r\ncontent-length: 100\r\n\r\n{"name"');
      });
      let text = '';
      socket
        .on('data', (chunk) => (text += chunk.toString()))
        .on('close', () => resolve(text))
        .on('error', reject);
    });
    expect(answer).toMatch(/^(HTTP\/1.1 400|$)/);
    expect((await api.get('/healthz')).status).toBe(200);
  });
});
