import { describe, expect, it } from 'vitest';
import { Refusal } from '../../shared/index.js';
import type { RequestContext } from './context.js';
import { changing, etagOf, ifMatchTags, ifNoneMatchHits, noteFound, revisionsIn } from './etag.js';

const context = (ifMatch?: readonly string[]): RequestContext => ({
  id: 'x',
  ifMatch,
  input: { params: undefined, query: undefined, body: undefined },
});

describe('ETags', () => {
  it('differ with the representation, and name its revision', () => {
    expect(etagOf('{"a":1}')).not.toBe(etagOf('{"a":2}'));
    expect(etagOf('{"a":1}')).toBe(etagOf('{"a":1}'));
    expect(revisionsIn([etagOf('{}', 17)])).toEqual([17]);
  });

  it('are compared as RFC 9110 says', () => {
    const tag = etagOf('{}', 3);
    expect(ifNoneMatchHits(undefined, tag)).toBe(false);
    expect(ifNoneMatchHits('*', tag)).toBe(true);
    expect(ifNoneMatchHits(`"x", W/${tag}`, tag)).toBe(true);
    expect(ifNoneMatchHits('"x"', tag)).toBe(false);
    expect(ifMatchTags(undefined)).toBeUndefined();
    expect(ifMatchTags(' * ')).toBeUndefined();
    expect(ifMatchTags(`W/${tag}, "2.b"`)).toEqual([`W/${tag}`, '"2.b"']);
    expect(revisionsIn([`W/${tag}`])).toEqual([]);
    expect(revisionsIn(['"1.a"', '"2.b"', 'nonsense'])).toEqual([1, 2]);
  });
});

describe('changing', () => {
  const at = (revision: number) => () => Promise.resolve({ revision });
  const refuse = () => Promise.reject(new Refusal('conflict', 'no'));

  it('notes what was there, and passes the revision on only if one was named', async () => {
    const open = context();
    expect(await changing(open, 'revision', at(5), (revision) => Promise.resolve(revision))).toBeUndefined();
    expect(open.before).toEqual({ revision: 5 });
    expect(
      await changing(context(['"4.a"', '"5.b"']), 'revision', at(5), (revision) => Promise.resolve(revision)),
    ).toBe(5);
  });

  it('refuses another revision without trying', async () => {
    let tried = false;
    const apply = () => Promise.resolve((tried = true));
    await expect(changing(context(['"4.a"']), 'revision', at(5), apply)).rejects.toMatchObject({
      kind: 'changed_meanwhile',
    });
    expect(tried).toBe(false);
  });

  it('tells a change that came in between from a conflict of another kind', async () => {
    let revision = 5;
    const read = () => Promise.resolve({ revision: revision++ });
    await expect(changing(context(['"5.b"']), 'revision', read, refuse)).rejects.toMatchObject({
      kind: 'changed_meanwhile',
    });
    await expect(changing(context(['"5.b"']), 'revision', at(5), refuse)).rejects.toBeInstanceOf(Refusal);
  });
});

describe('noteFound', () => {
  it('holds an If-Match against what stands there, and notes it either way', () => {
    const view = { version: 1, octets: 7n };
    const tag = etagOf('{"version":1,"octets":"7"}');
    for (const open of [context(), context([tag]), context(['"x"', tag])]) {
      noteFound(open, view);
      expect(open.before).toBe(view);
    }
    expect(() => noteFound(context([`W/${tag}`]), view)).toThrow('has changed since you read it');
  });
});
