import type { MigrationInterface, QueryRunner } from 'typeorm';

const KEY = `"service_version_id", "claimed_service_code", "evidence", "rule", "name", "agreed"`;

/** Usage is told apart by the visited network. */
export class UsageMcc1700000001211 implements MigrationInterface {
  name = 'UsageMcc1700000001211';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "usage_reason" ADD "mcc" text`);
    await queryRunner.query(`ALTER TABLE "usage_reason" DROP CONSTRAINT "usage_reason_key"`);
    await queryRunner.query(`
      ALTER TABLE "usage_reason" ADD CONSTRAINT "usage_reason_key" UNIQUE NULLS NOT DISTINCT (${KEY}, "mcc")`);
  }

  /** Octets of reasons that differ in the network alone come together; none is lost. */
  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TEMPORARY TABLE "usage_reason_merge" AS
      SELECT id AS old_id, min(id) OVER (PARTITION BY ${KEY}) AS new_id FROM "usage_reason"`);
    await queryRunner.query(`DELETE FROM "usage_reason_merge" WHERE old_id = new_id`);
    for (const [table, key, more, moreAdded] of [
      ['usage_bucket', '"sim_key", "hour"', ', max(last_batch_id)', ', last_batch_id'],
      [
        'suspense_bucket',
        '"realm_index", "address", "hour"',
        ', min(first_time), max(last_time)',
        ', first_time, last_time',
      ],
    ] as const) {
      await queryRunner.query(`
        WITH gone AS (
          DELETE FROM "${table}" b USING "usage_reason_merge" m WHERE b.reason_id = m.old_id
          RETURNING b.*, m.new_id)
        INSERT INTO "${table}" AS b (${key}, reason_id, octets_up, octets_down, packets_up, packets_down${moreAdded})
        SELECT ${key}, new_id, sum(octets_up), sum(octets_down), sum(packets_up), sum(packets_down)${more}
        FROM gone GROUP BY ${key}, new_id
        ON CONFLICT (${key}, reason_id) DO UPDATE SET
          octets_up = b.octets_up + EXCLUDED.octets_up, octets_down = b.octets_down + EXCLUDED.octets_down,
          packets_up = b.packets_up + EXCLUDED.packets_up, packets_down = b.packets_down + EXCLUDED.packets_down`);
    }
    await queryRunner.query(
      `UPDATE "suspense_binding" b SET reason_id = m.new_id FROM "usage_reason_merge" m WHERE b.reason_id = m.old_id`,
    );
    await queryRunner.query(
      `UPDATE "usage_reason" r SET nameless_id = m.new_id FROM "usage_reason_merge" m WHERE r.nameless_id = m.old_id`,
    );
    await queryRunner.query(
      `DELETE FROM "usage_reason" r USING "usage_reason_merge" m WHERE r.id = m.old_id`,
    );
    await queryRunner.query(`DROP TABLE "usage_reason_merge"`);
    await queryRunner.query(`ALTER TABLE "usage_reason" DROP CONSTRAINT "usage_reason_key"`);
    await queryRunner.query(`ALTER TABLE "usage_reason" DROP COLUMN "mcc"`);
    await queryRunner.query(`
      ALTER TABLE "usage_reason" ADD CONSTRAINT "usage_reason_key" UNIQUE NULLS NOT DISTINCT (${KEY})`);
  }
}
