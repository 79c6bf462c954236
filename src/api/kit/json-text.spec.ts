import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonFaults } from './json-text.js';

const pointers = (text: string) => jsonFaults(text).map(({ pointer }) => pointer);

describe('jsonFaults', () => {
  it('names every member that an object has twice, however it is spelt', () => {
    expect(pointers('{"a":1,"b":{"c":1,"c":2},"a":2}')).toEqual(['/b/c', '/a']);
    expect(pointers(String.raw`{"list":[{},{"x":0,"x":1}],"\u006cist":0}`)).toEqual(['/list/1/x', '/list']);
    expect(pointers('{"a/b~":1, "a/b~" :2}')).toEqual(['/a~1b~0']);
    expect(pointers('{"":1,"":2}')).toEqual(['/']);
  });

  it('is silent where names are apart, and takes no value for a name', () => {
    expect(pointers('{"a":"a","b":["a","a",{"a":"b"}],"c":{"a":1}}')).toEqual([]);
    expect(pointers(String.raw`{"a\"":1,"a":"\\","b":"\\\" , \"b\" : {"}`)).toEqual([]);
    expect(pointers('"a"')).toEqual([]);
    expect(pointers('[]')).toEqual([]);
  });

  it('names what is nested deeper than any field', () => {
    const deep = (levels: number) => `${'[1,'.repeat(levels)}0${']'.repeat(levels)}`;
    expect(pointers(deep(50))).toEqual([]);
    expect(pointers(deep(51))).toEqual(['/1'.repeat(50)]);
    expect(pointers('{"a":'.repeat(1e6))).toEqual(['/a'.repeat(50)]);
  });

  it('names what has more members than any field', () => {
    const broad = (members: number) =>
      `{"tags":{${Array.from({ length: members }, (_, index) => `"${index}":1`).join(',')}}}`;
    expect(pointers(broad(10_000))).toEqual([]);
    expect(pointers(broad(10_001))).toEqual(['/tags']);
  });

  it('tells of a hundred faults at most', () => {
    expect(jsonFaults(`{${'"a":1,'.repeat(1e5)}"b":2}`)).toHaveLength(100);
  });

  it('finds nothing in what JSON.stringify writes, and something wherever a member is said again', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expect(jsonFaults(JSON.stringify(value))).toEqual([]);
        expect(jsonFaults(JSON.stringify(value, null, 2))).toEqual([]);
      }),
    );
    fc.assert(
      fc.property(fc.string(), fc.jsonValue({ maxDepth: 3 }), (name, value) => {
        const member = `${JSON.stringify(name)}: ${JSON.stringify(value)}`;
        expect(jsonFaults(`[{${member}, ${member}}]`)).toHaveLength(1);
      }),
    );
  });

  it('ends, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', 'a') }),
        (text) => {
          jsonFaults(text);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
