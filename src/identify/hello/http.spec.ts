import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRequests, startsRequest } from './http.js';

const parse = (text: string): ReturnType<typeof parseRequests> => parseRequests(Buffer.from(text, 'latin1'));
const names = (text: string): string[] =>
  parse(text).claims.map(({ name, standing }) => `${name ?? '-'} ${standing}`);

describe('HTTP request heads', () => {
  it.each([
    ['Host', 'GET / HTTP/1.1\r\nHost: line.me\r\n\r\n', ['line.me plain']],
    ['any case, blanks, a port', 'GET / HTTP/1.1\r\nhOsT:\t LINE.me:8080 \r\n\r\n', ['line.me plain']],
    ['bare line feeds', 'GET / HTTP/1.1\nHost: line.me\n\n', ['line.me plain']],
    ['no Host', 'GET / HTTP/1.0\r\nAccept: */*\r\n\r\n', []],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: line.me\r\nHost: evil.example\r\n\r\n', ['line.me ambiguous']],
    ['two equal Hosts', 'GET / HTTP/1.1\r\nHost: line.me\r\nHost: line.me\r\n\r\n', ['line.me ambiguous']],
    ['a blank before the colon', 'GET / HTTP/1.1\r\nHost : line.me\r\n\r\n', ['line.me ambiguous']],
    ['a folded line', 'GET / HTTP/1.1\r\nHost: line.me\r\n evil.example\r\n\r\n', ['line.me ambiguous']],
    ['an absolute URI', 'GET http://evil.example/ HTTP/1.1\r\nHost: line.me\r\n\r\n', ['line.me ambiguous']],
    ['an absolute URI alone', 'GET http://u:p@line.me:80/x HTTP/1.0\r\n\r\n', ['line.me ambiguous']],
    ['CONNECT', 'CONNECT line.me:443 HTTP/1.1\r\n\r\n', ['line.me ambiguous']],
    ['an asterisk', 'OPTIONS * HTTP/1.1\r\nHost: line.me\r\n\r\n', ['line.me plain']],
    ['no host name', 'GET / HTTP/1.1\r\nHost: %s\r\n\r\n', ['- plain']],
    [
      'a header whose name only ends in Host',
      'GET / HTTP/1.1\r\nX-Forwarded-Host: line.me\r\nHost: a.example\r\n\r\n',
      ['a.example plain'],
    ],
    [
      'requests that follow one another',
      'GET / HTTP/1.1\r\nHost: line.me\r\n\r\nPOST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nGET /GET / HTTP/1.1\r\nHost: b.example\r\n\r\n',
      ['line.me plain', 'a.example plain', 'b.example plain'],
    ],
    [
      'what follows a body of unknown length is body',
      'POST / HTTP/1.1\r\nHost: line.me\r\nTransfer-Encoding: chunked\r\n\r\nGET / HTTP/1.1\r\nHost: b.example\r\n\r\n',
      ['line.me plain'],
    ],
  ])('%s', (_, text, expected) => {
    expect(names(text)).toEqual(expected);
    expect(parse(text).more).toBe(false);
  });

  it('shows an address that stands for the host, and matches nothing by it', () => {
    expect(parse('GET / HTTP/1.1\r\nHost: 192.0.2.1:81\r\n\r\n').claims).toEqual([
      { kind: 'http_host', name: null, literal: '192.0.2.1', standing: 'plain' },
    ]);
    expect(parse('GET / HTTP/1.1\r\nHost: [2001:DB8::1]:80\r\n\r\n').claims[0]?.literal).toBe('2001:db8::1');
  });

  it('waits for the end of a head, within a bound', () => {
    expect(parse('GET / HTTP/1.1\r\nHost: line.me\r\nX: ')).toMatchObject({
      more: true,
      claims: [{ name: 'line.me' }],
    });
    expect(parse(`GET /${'x'.repeat(20_000)}`)).toEqual({ more: false, claims: [] });
  });

  it('starts with a method in capitals and a blank', () => {
    for (const text of ['GET / ', 'POST /', 'CONNECT a:1', 'M-SEARCH * '])
      expect(startsRequest(Buffer.from(text))).toBe(true);
    for (const text of ['', 'GET', 'GETS / ', 'get / ', ' GET / ', 'HTTP/1.1 200', '\x16\x03\x01'])
      expect(startsRequest(Buffer.from(text))).toBe(false);
  });

  it('never throws, whatever comes', () => {
    const piece = fc.constantFrom(
      'GET ',
      ' HTTP/1.1',
      '\r\n',
      '\n',
      'Host:',
      'line.me',
      ' ',
      ':',
      '\r\n\r\n',
      'Content-Length: 3',
      'http://',
      '@',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 5 })), { maxLength: 40 }), (pieces) => {
        const { claims } = parse(`GET ${pieces.join('')}`);
        for (const { name } of claims) expect(name ?? 'a').toMatch(/^[a-z0-9_.-]{1,253}$/);
      }),
      { numRuns: 2000 },
    );
  });
});
