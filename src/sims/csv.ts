import { Refusal } from '../shared/index.js';

/** What a cell of a column becomes; an empty cell leaves the field out. */
type Cell = (text: string) => unknown;

const asText: Cell = (text) => text;
const asList: Cell = (text) => text.split(/[\s;]+/).filter((part) => part !== '');
/** Anything else stays text, for the schema to refuse. */
const asBoolean: Cell = (text) => ({ true: true, false: false })[text.toLowerCase()] ?? text;

const SIM_COLUMNS: Readonly<Record<string, Cell>> = {
  id: asText,
  imsis: asList,
  iccid: asText,
  msisdn: asText,
  name: asText,
  nameConsent: asBoolean,
  status: asText,
};
const SESSION_COLUMNS: Readonly<Record<string, Cell>> = {
  simId: asText,
  realm: asText,
  prefix: asText,
  startTime: asText,
  endTime: asText,
  dnsServers: asList,
  mcc: asText,
};
/** JavaScript gives one name a meaning of its own: a tag of that name would be lost. */
const TAG = /^tag:(?!__proto__$)(.{1,64})$/;
const MOST_ROWS = 200_000;

/** SIMs of a CSV text, unchecked: one object a row, for `SimsService.bulkUpsert`. A column `tag:fleet` is the tag fleet. */
export function simsFromCsv(text: string): unknown[] {
  return rowsFromCsv(text, SIM_COLUMNS, 'id', true);
}

/** Sessions of a CSV text, unchecked, for `SessionsService.bulkUpsert`. */
export function sessionsFromCsv(text: string): unknown[] {
  return rowsFromCsv(text, SESSION_COLUMNS, 'simId', false);
}

/** Throws a {@link Refusal} where the text is no table with these columns; what is wrong within a row is for the row's schema. */
function rowsFromCsv(
  text: string,
  columns: Readonly<Record<string, Cell>>,
  needed: string,
  tags: boolean,
): unknown[] {
  const [head, ...body] = parseCsv(text);
  const names = (head ?? []).map((name) => name.trim());
  const known = (name: string) => Object.hasOwn(columns, name) || (tags && TAG.test(name));
  const faults = names
    .filter((name, index) => !known(name) || names.indexOf(name) !== index)
    .map((name) =>
      known(name)
        ? `the column "${name}" is there twice`
        : `"${name.slice(0, 64)}" is no column; there are ${[...Object.keys(columns), ...(tags ? ['tag:…'] : [])].join(', ')}`,
    );
  if (!names.includes(needed)) faults.push(`the first line names no column "${needed}"`);
  if (body.length === 0) faults.push('there is no row below the first line');
  if (body.length > MOST_ROWS) faults.push(`there are more than ${MOST_ROWS} rows: send them in parts`);
  if (faults.length > 0) {
    throw new Refusal(
      'invalid',
      `The CSV cannot be read: ${faults.join('; ')}.`,
      faults.map((detail) => ({ pointer: '', detail })),
    );
  }
  return body.map((cells) => rowOf(cells, names, columns));
}

function rowOf(
  cells: readonly string[],
  names: readonly string[],
  columns: Readonly<Record<string, Cell>>,
): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  const tags: Record<string, string> = {};
  names.forEach((name, index) => {
    const text = (cells[index] ?? '').trim();
    if (text === '') return;
    const tag = TAG.exec(name)?.[1];
    if (tag === undefined) row[name] = columns[name]?.(text);
    else Object.defineProperty(tags, tag, { value: text, enumerable: true });
  });
  if (Object.keys(tags).length > 0) row.tags = tags;
  // A field of its own, so that the row is refused: its cells may stand under wrong heads.
  if (cells.length > names.length) row['(more cells than the first line)'] = cells[names.length];
  return row;
}

/** RFC 4180, also with LF alone and a byte order mark. Lines without any text are left out. Throws a {@link Refusal}. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let cells: string[] = [];
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  const endRow = () => {
    if (cells.length > 1 || cells[0]?.trim() !== '') rows.push(cells);
    cells = [];
  };
  while (at <= text.length) {
    const { cell, next } = text[at] === '"' ? quoted(text, at, rows.length + 1) : plain(text, at);
    cells.push(cell);
    at = next + 1;
    if (text[next] === ',') continue;
    endRow();
    if (text[next] === '\r' && text[next + 1] === '\n') at += 1;
    if (next >= text.length || at >= text.length) break;
  }
  return rows;
}

const CELL_END = /[,\r\n]/g;

function plain(text: string, from: number): { cell: string; next: number } {
  CELL_END.lastIndex = from;
  const next = CELL_END.exec(text)?.index ?? text.length;
  return { cell: text.slice(from, next), next };
}

/** A doubled quote stands for one. */
function quoted(text: string, from: number, row: number): { cell: string; next: number } {
  for (let end = text.indexOf('"', from + 1); end >= 0; end = text.indexOf('"', end + 2)) {
    if (text[end + 1] === '"') continue;
    const next = end + 1;
    if (next < text.length && !/[,\r\n]/.test(text.charAt(next))) {
      throw new Refusal(
        'invalid',
        `The CSV cannot be read: text after the quote that ends a cell, in row ${row}.`,
        [{ pointer: '', detail: `row ${row}: text after the quote that ends a cell` }],
      );
    }
    return { cell: text.slice(from + 1, end).replaceAll('""', '"'), next };
  }
  throw new Refusal('invalid', `The CSV cannot be read: a quote in row ${row} has no end.`, [
    { pointer: '', detail: `row ${row}: a quote has no end` },
  ]);
}
