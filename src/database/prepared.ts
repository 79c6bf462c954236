import { createHash } from 'node:crypto';
import type { Pool, PoolClient, QueryResultRow } from 'pg';
import { QueryFailedError, type EntityManager } from 'typeorm';

/** Texts that get a name: each stays parsed in every connection, so there are never more, whoever builds them of parts. */
const MOST_NAMES = 200;
/**
 * SQLSTATE of a name that the connection does not know, knows already, or whose result has changed since (the
 * PostgreSQL manual, appendix A): a pooler that hands on statements without their names, a migration meanwhile.
 */
const NAME_FAILED = new Set(['26000', '42P05', '0A000']);

const names = new Map<string, string>();

/**
 * Rows of a statement that is asked so often that parsing and planning it each time would take longer than carrying it out:
 * a named statement of the extended protocol, parsed once in each connection; after some runs Postgres keeps its plan too. So
 * `text` is one of few, without values in it, and says nothing of a filter that is not there (`$1 IS NULL OR …` keeps the plan from
 * using an index). Runs in the manager's transaction, if it has one. Throws typeorm's `QueryFailedError`.
 */
export async function queryPrepared<Row extends QueryResultRow>(
  manager: EntityManager,
  text: string,
  values: readonly unknown[],
): Promise<Row[]> {
  const { queryRunner } = manager;
  const client = queryRunner === undefined ? poolOf(manager) : ((await queryRunner.connect()) as PoolClient);
  const query = { text, values: [...values] };
  try {
    const { rows } = await client.query<Row>({ ...query, name: nameOf(text) });
    return rows;
  } catch (error) {
    const failed = asError(error);
    // Within a transaction nothing can succeed any more.
    if (queryRunner?.isTransactionActive === true || !NAME_FAILED.has(failed.code ?? ''))
      throw new QueryFailedError(text, query.values, failed);
  }
  return manager.query<Row[]>(text, query.values);
}

function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= MOST_NAMES) return known;
  const name = `countfree_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;
  names.set(text, name);
  return name;
}

function poolOf(manager: EntityManager): Pool {
  return (manager.dataSource.driver as unknown as { master: Pool }).master;
}

function asError(error: unknown): Error & { code?: string } {
  return error instanceof Error ? error : new Error(String(error));
}
