/** src/capture/layout.ts against the BTF of the object that the kernel runs, and enums against the header. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  FLOW_KEY,
  FLOW_KEY_BYTES,
  FLOW_RECORD,
  FLOW_RECORD_BYTES,
  HELLO_HEADER_BYTES,
  HELLO_KINDS,
  HELLO_RECORD,
  LAYOUT_VERSION,
  NOTES,
  OUTCOMES,
  STEPS,
  bpfObjectPath,
} from '../../src/capture/index.js';
import { readStructs } from './support/btf.js';

const structs = readStructs(readFileSync(bpfObjectPath()));
const header = readFileSync(join(import.meta.dirname, '../../bpf/countfree_layout.h'), 'utf8');

function offsets(name: string): Record<string, number> {
  const found = structs.get(name);
  if (!found) throw new Error(`the object's BTF has no struct ${name}`);
  return Object.fromEntries(found.members.map((member) => [member.name, member.offset]));
}

/** Names of an enum in the order of their values, lower case, without prefix and without the count. */
function enumNames(name: string, prefix: string): string[] {
  const body = new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(header)?.[1] ?? '';
  return [...body.matchAll(/(CF_\w+)\s*=\s*(\d+)/g)]
    .filter((match) => !match[1]!.endsWith('_COUNT'))
    .sort((a, b) => Number(a[2]) - Number(b[2]))
    .map((match) => match[1]!.slice(prefix.length).toLowerCase());
}

describe('record layout', () => {
  it('flow keys', () => {
    expect(offsets('cf_flow_key')).toEqual(FLOW_KEY);
    expect(structs.get('cf_flow_key')?.size).toBe(FLOW_KEY_BYTES);
  });

  it('flow records', () => {
    const { counters, ...head } = offsets('cf_flow_record');
    const inCounters = Object.fromEntries(
      Object.entries(offsets('cf_flow_counters')).map(([name, offset]) => [name, counters! + offset]),
    );
    expect({ ...head, ...inCounters }).toEqual(FLOW_RECORD);
    expect(structs.get('cf_flow_record')?.size).toBe(FLOW_RECORD_BYTES);
  });

  it('hello records', () => {
    expect(offsets('cf_hello_record')).toEqual(HELLO_RECORD);
    expect(structs.get('cf_hello_record')?.size).toBe(HELLO_HEADER_BYTES);
  });

  it('enums', () => {
    expect(enumNames('cf_outcome', 'CF_OUTCOME_')).toEqual(OUTCOMES);
    expect(enumNames('cf_note', 'CF_NOTE_')).toEqual(NOTES);
    expect(enumNames('cf_step', 'CF_STEP_')).toEqual(STEPS);
    expect(enumNames('cf_hello_kind', 'CF_HELLO_')).toEqual(Object.keys(HELLO_KINDS));
  });

  it('version', () => {
    expect(header).toContain(`#define CF_LAYOUT_VERSION ${LAYOUT_VERSION}\n`);
  });
});
