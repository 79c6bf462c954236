import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far the drafts of a period have been told of: once per SIM, whatever is stopped or repeated. */
export class DraftRuns1700000001451 implements MigrationInterface {
  name = 'DraftRuns1700000001451';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "draft_run" (
        "month" text NOT NULL,
        "time_zone" text NOT NULL,
        "anchor_day" smallint NOT NULL,
        "currency" text NOT NULL,
        "last_sim_key" bigint NOT NULL DEFAULT 0,
        "created_at" timestamp with time zone NOT NULL,
        "finished_at" timestamp with time zone,
        CONSTRAINT "draft_run_pkey" PRIMARY KEY ("month", "time_zone", "anchor_day", "currency")
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "draft_run"`);
  }
}
