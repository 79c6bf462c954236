import { expect, it } from 'vitest';
import { SimulatedCatalogues1700000001472 as SimulatedCatalogues } from '../../migrations/1700000001472-simulated-catalogues.js';
import { createTestDatabase } from '../support/database.js';

const id = (number: number) => `00000000-0000-4000-8000-00000000000${number}`;

it('simulations of one service go back and forth; of several they go back no further than they can be told', async () => {
  const database = await createTestDatabase();
  const { dataSource } = database;
  const runner = dataSource.createQueryRunner();
  try {
    const [line, video] = [{ serviceCode: 'line' }, { serviceCode: 'video' }];
    const drafts = [null, [line], [line, video]];
    for (const [index, services] of drafts.entries()) {
      await runner.query(
        `INSERT INTO simulation (id, month, plan_code, terms, service_drafts, status, sims, done, last_sim_key, created_at)
         VALUES ($1, '2026-10', 'light', '{}', $2, 'finished', 1, 1, 1, now())`,
        [id(index), services && JSON.stringify(services)],
      );
      await runner.query(
        `INSERT INTO simulation_result (simulation_id, sim_key, billed_amount, billed_free_octets, simulated_amount,
                                        simulated_free_octets, octets, depends_octets, unknown_octets)
         VALUES ($1, 1, 0, 0, 0, 0, 9, 4, 5)`,
        [id(index)],
      );
    }
    const migration = new SimulatedCatalogues();
    await migration.down(runner);
    expect(await runner.query('SELECT id, service_draft FROM simulation ORDER BY id')).toEqual([
      { id: id(0), service_draft: null },
      { id: id(1), service_draft: line },
    ]);
    await migration.up(runner);
    expect(
      await runner.query(
        `SELECT id, service_drafts AS drafts, depends_octets AS depends, unknown_octets AS unknown
         FROM simulation s JOIN simulation_result r ON r.simulation_id = s.id ORDER BY id`,
      ),
    ).toEqual([
      { id: id(0), drafts: null, depends: '0', unknown: '0' },
      // How many octets it could not tell, nobody knows any more.
      { id: id(1), drafts: [line], depends: null, unknown: null },
    ]);
  } finally {
    await runner.release();
    await database.drop();
  }
});
