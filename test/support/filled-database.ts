import type { DataSource } from 'typeorm';
import { LedgerRepository } from '../../src/meter/index.js';
import { MIGRATIONS_TABLE } from '../../src/database/index.js';

/** Rows by table. */
type Tables = ReadonlyMap<string, readonly Record<string, unknown>[]>;

interface Column {
  table: string;
  name: string;
  type: string;
  /** `CHECK …` over this column alone, as Postgres writes it. */
  check: string | null;
}

/** Instants that rows get: the second row's is a day after the first's. */
const TIMES = ['2026-10-05T03:00:00Z', '2026-10-06T03:00:00Z'];

/**
 * Writes two rows into every table that there is, whatever its columns: all numbers of the first are 1 and all texts
 * `a`, of the second 2 and `b`, so that references fit. A column that may only hold some words gets the first of them.
 */
export async function fillEveryTable(dataSource: DataSource): Promise<string[]> {
  await new LedgerRepository(dataSource).ensurePartitions(TIMES.map((time) => Date.parse(time)));
  const columns = await dataSource.query<Column[]>(COLUMNS, [MIGRATIONS_TABLE]);
  const tables = [...new Set(columns.map(({ table }) => table))];
  await dataSource.transaction(async (manager) => {
    // References are looked at when a migration makes them again; triggers would want a story behind each row.
    await manager.query(`SET LOCAL session_replication_role = 'replica'`);
    for (const table of tables) {
      const own = columns.filter((column) => column.table === table);
      const names = own.map(({ name }) => `"${name}"`).join(', ');
      for (const row of [0, 1]) {
        const values = own.map((column, index) => `$${index + 1}::${column.type}`).join(', ');
        await manager.query(
          `INSERT INTO "${table}" (${names}) OVERRIDING SYSTEM VALUE VALUES (${values})`,
          own.map((column, index) => sample(column, row, index)),
        );
      }
    }
  });
  return tables;
}

const COLUMNS = `
  SELECT c.relname AS "table", a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
         (SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k
          WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum] LIMIT 1) AS check
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND c.relname <> $1 AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
  ORDER BY c.relname, a.attnum`;

function sample({ table, name, type, check }: Column, row: number, index: number): unknown {
  const word = /'([^']*)'::text/.exec(check ?? '')?.[1];
  if (word !== undefined && !/[~^]/.test(check ?? '')) return word;
  const number = row + 1;
  const digits = /\[0-9\]\{(\d+)/.exec(check ?? '')?.[1];
  if (digits !== undefined) return String(number).repeat(Number(digits));
  switch (type) {
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'numeric':
    case 'double precision':
      return number;
    case 'text':
      return 'ab'[row];
    case 'boolean':
      return false;
    case 'timestamp with time zone':
      // What begins stands before what ends.
      return new Date(Date.parse(TIMES[row] ?? '') + index * 1_000);
    case 'date':
      return TIMES[row]?.slice(0, 10);
    case 'uuid':
      return `00000000-0000-4000-8000-00000000000${number}`;
    case 'jsonb':
    case 'json':
      return '{}';
    case 'bytea':
      return Buffer.from([number]);
    case 'inet':
    case 'cidr':
      return `10.0.0.${number}`;
    case 'tstzrange':
      return `[${TIMES[row]},)`;
    default:
      if (type.endsWith('[]')) return '{}';
      throw new Error(`${table}.${name}: no sample of ${type} is known here`);
  }
}

/** Every row of every table, by table: what a migration and its way back must leave as it was. */
export async function readEveryTable(
  dataSource: DataSource,
): Promise<Map<string, Record<string, unknown>[]>> {
  const tables = await dataSource.query<{ name: string }[]>(
    `SELECT relname AS name FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> $1`,
    [MIGRATIONS_TABLE],
  );
  const found = new Map<string, Record<string, unknown>[]>();
  for (const { name } of tables) {
    const rows = await dataSource.query<{ row: Record<string, unknown> }[]>(
      `SELECT to_jsonb(t) AS row FROM "${name}" t ORDER BY to_jsonb(t)::text`,
    );
    found.set(
      name,
      rows.map(({ row }) => row),
    );
  }
  return found;
}

/** Rows of `tables`, as far as `as` knows their tables and columns; in an order that those alone make. */
export function seenAs(tables: Tables, as: Tables): Record<string, string[]> {
  const seen: Record<string, string[]> = {};
  for (const [name, [first]] of as) {
    const rows = (tables.get(name) ?? []).map((row) =>
      JSON.stringify(Object.keys(first ?? row).map((key) => [key, row[key]])),
    );
    seen[name] = rows.sort();
  }
  return seen;
}

/** `without`, of whose columns those that were not there `before` are left out. */
export function keptColumns(before: Tables, without: Tables): Tables {
  return new Map(
    [...without].map(([name, rows]) => {
      const columns = Object.keys(before.get(name)?.[0] ?? {});
      return [
        name,
        rows.map((row) => Object.fromEntries(Object.entries(row).filter(([key]) => columns.includes(key)))),
      ];
    }),
  );
}
