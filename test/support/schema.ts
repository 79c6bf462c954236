import type { DataSource } from 'typeorm';
import { MIGRATIONS_TABLE } from '../../src/database/index.js';

/**
 * Everything that makes up the schema but the order of columns, a line each: what two ways to one state must agree in.
 * Partitions are data here: their months depend on what was written. Extensions are left out: others may use them, so
 * no migration takes one away.
 */
export async function readSchema(dataSource: DataSource): Promise<string[]> {
  const rows = await dataSource.query<{ line: string }[]>(SCHEMA, [MIGRATIONS_TABLE]);
  return rows.map(({ line }) => line);
}

const SCHEMA = `
  WITH own AS (
    SELECT oid, relname, relkind, reloptions, format('%s %s', relkind, relname) AS name FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S') AND NOT relispartition
      AND relname <> $1 AND relname NOT LIKE $1 || '_%')
  SELECT format('%s: %s', name, reloptions) AS line FROM own
  UNION ALL
  SELECT format('%s.%s: %s not null %s identity "%s" generated "%s" default %s', name, a.attname,
                format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
                pg_get_expr(d.adbin, d.adrelid))
  FROM own JOIN pg_attribute a ON a.attrelid = own.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE relkind <> 'S'
  UNION ALL
  SELECT format('%s: constraint %s %s', name, conname, pg_get_constraintdef(c.oid))
  FROM own JOIN pg_constraint c ON c.conrelid = own.oid
  UNION ALL
  SELECT format('%s: %s', name, pg_get_indexdef(indexrelid)) FROM own JOIN pg_index ON indrelid = own.oid
  UNION ALL
  SELECT format('%s: enabled %s %s', name, tgenabled, pg_get_triggerdef(t.oid))
  FROM own JOIN pg_trigger t ON tgrelid = own.oid AND NOT tgisinternal
  UNION ALL
  SELECT pg_get_functiondef(p.oid) FROM pg_proc p
  WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
  ORDER BY 1`;
