import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which SIMs' usage has changed: written with the usage, taken by whoever watches thresholds. */
export class UsageTouches1700000001202 implements MigrationInterface {
  name = 'UsageTouches1700000001202';

  async up(queryRunner: QueryRunner): Promise<void> {
    // A thousand SIMs to a row: a batch of a large fleet then costs the ledger next to nothing.
    await queryRunner.query(`
      CREATE TABLE "usage_touch" (
        "id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
        "hour" timestamp with time zone NOT NULL,
        "sim_keys" bigint array NOT NULL,
        "octets" bigint array NOT NULL,
        CONSTRAINT "usage_touch_pkey" PRIMARY KEY ("id")
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "usage_touch"`);
  }
}
