import type { DataSource, EntityManager } from 'typeorm';
import { inTransaction, nextRevision } from '../database/index.js';
import { toRefusal } from './faults.js';

/**
 * Changes realms, SIMs or sessions in a transaction, at the next revision of what every process follows; what the
 * database refuses is told as this domain's refusal.
 */
export async function changeSessions<T>(
  dataSource: DataSource,
  work: (manager: EntityManager, revision: number) => Promise<T>,
): Promise<T> {
  try {
    return await inTransaction(dataSource, async (manager) =>
      work(manager, await nextRevision(manager, 'sessions')),
    );
  } catch (error) {
    throw toRefusal(error);
  }
}
