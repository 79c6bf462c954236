import { describe, expect, it } from 'vitest';
import { Refusal } from '../../shared/index.js';
import type { RequestContext } from './context.js';
import { changing, etagOf, ifMatchRevisions, ifNoneMatchHits } from './etag.js';

const context = (ifMatch?: readonly number[]): RequestContext => ({
  id: 'x',
  ifMatch,
  input: { params: undefined, query: undefined, body: undefined },
});

describe('ETags', () => {
  it('differ with the representation, and name its revision', () => {
    expect(etagOf('{"a":1}')).not.toBe(etagOf('{"a":2}'));
    expect(etagOf('{"a":1}')).toBe(etagOf('{"a":1}'));
    expect(ifMatchRevisions(etagOf('{}', 17))).toEqual([17]);
  });

  it('are compared as RFC 9110 says', () => {
    const tag = etagOf('{}', 3);
    expect(ifNoneMatchHits(undefined, tag)).toBe(false);
    expect(ifNoneMatchHits('*', tag)).toBe(true);
    expect(ifNoneMatchHits(`"x", W/${tag}`, tag)).toBe(true);
    expect(ifNoneMatchHits('"x"', tag)).toBe(false);
    expect(ifMatchRevisions(undefined)).toBeUndefined();
    expect(ifMatchRevisions(' * ')).toBeUndefined();
    expect(ifMatchRevisions(`W/${tag}`)).toEqual([]);
    expect(ifMatchRevisions(`"1.a", "2.b", nonsense`)).toEqual([1, 2]);
  });
});

describe('changing', () => {
  const at = (revision: number) => () => Promise.resolve({ revision });
  const refuse = () => Promise.reject(new Refusal('conflict', 'no'));

  it('notes what was there, and passes the revision on only if one was named', async () => {
    const open = context();
    expect(await changing(open, 'revision', at(5), (revision) => Promise.resolve(revision))).toBeUndefined();
    expect(open.before).toEqual({ revision: 5 });
    expect(await changing(context([4, 5]), 'revision', at(5), (revision) => Promise.resolve(revision))).toBe(
      5,
    );
  });

  it('refuses another revision without trying', async () => {
    let tried = false;
    const apply = () => Promise.resolve((tried = true));
    await expect(changing(context([4]), 'revision', at(5), apply)).rejects.toMatchObject({
      kind: 'changed_meanwhile',
    });
    expect(tried).toBe(false);
  });

  it('tells a change that came in between from a conflict of another kind', async () => {
    let revision = 5;
    const read = () => Promise.resolve({ revision: revision++ });
    await expect(changing(context([5]), 'revision', read, refuse)).rejects.toMatchObject({
      kind: 'changed_meanwhile',
    });
    await expect(changing(context([5]), 'revision', at(5), refuse)).rejects.toBeInstanceOf(Refusal);
  });
});
