import { setTimeout as delay } from 'node:timers/promises';
import { QueryFailedError, type DataSource, type EntityManager } from 'typeorm';

/** Postgres: serialization_failure and deadlock_detected. The transaction is gone; the same work may succeed. */
const RETRYABLE = new Set(['40001', '40P01']);

export interface TransactionOptions {
  isolation?: 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE';
  /** How often the whole unit is tried; default 5. */
  attempts?: number;
}

/** SQLSTATE of a failed query, or undefined for any other error. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof QueryFailedError)) return undefined;
  const code = (error.driverError as { code?: unknown }).code;
  return typeof code === 'string' ? code : undefined;
}

/** The constraint that a failed query broke, or undefined. */
export function brokenConstraint(error: unknown): string | undefined {
  if (!(error instanceof QueryFailedError)) return undefined;
  const constraint = (error.driverError as { constraint?: unknown }).constraint;
  return typeof constraint === 'string' ? constraint : undefined;
}

/**
 * Runs `work` in one transaction. A serialization failure or deadlock rolls back and runs `work` again from its
 * start in a new transaction (within the aborted one nothing can succeed), so `work` must have no effect outside
 * the database.
 */
export async function inTransaction<T>(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  const attempts = options.attempts ?? 5;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await dataSource.transaction(options.isolation ?? 'READ COMMITTED', work);
    } catch (error) {
      if (attempt >= attempts || !RETRYABLE.has(sqlState(error) ?? '')) throw error;
      // Jitter, so that two units that met do not meet again.
      await delay(Math.random() * 10 * 2 ** attempt);
    }
  }
}
