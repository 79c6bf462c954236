import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A closing whose total is too far from the last one's is held until somebody confirms it. */
export class ClosingBrake1700000001405 implements MigrationInterface {
  name = 'ClosingBrake1700000001405';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE "closing_run"
        ADD "confirmed" boolean NOT NULL DEFAULT false,
        ADD "held_because" text,
        DROP CONSTRAINT "closing_run_status_check",
        ADD CONSTRAINT "closing_run_status_check" CHECK ("status" IN ('running', 'held', 'finished'))`);
    await queryRunner.query(`DROP INDEX "closing_run_one_running_idx"`);
    await queryRunner.query(`
      CREATE UNIQUE INDEX "closing_run_one_running_idx" ON "closing_run"
        ("month", "time_zone", "anchor_day", "currency") WHERE status <> 'finished'`);
    // What the brake compares with: the statements of the period before.
    await queryRunner.query(
      `CREATE INDEX "statement_sim_period_idx" ON "statement" ("sim_key", "period_to")`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "statement_sim_period_idx"`);
    await queryRunner.query(`DELETE FROM "closing_run" WHERE status = 'held'`);
    await queryRunner.query(`DROP INDEX "closing_run_one_running_idx"`);
    await queryRunner.query(`
      CREATE UNIQUE INDEX "closing_run_one_running_idx" ON "closing_run"
        ("month", "time_zone", "anchor_day", "currency") WHERE status = 'running'`);
    await queryRunner.query(`
      ALTER TABLE "closing_run"
        DROP CONSTRAINT "closing_run_status_check",
        ADD CONSTRAINT "closing_run_status_check" CHECK ("status" IN ('running', 'finished')),
        DROP COLUMN "held_because",
        DROP COLUMN "confirmed"`);
  }
}
