import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A simulation that no try could carry out says so, instead of running for ever. */
export class FailedSimulations1700000001486 implements MigrationInterface {
  name = 'FailedSimulations1700000001486';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "simulation" ADD "failed_because" text`);
    await queryRunner.query(`ALTER TABLE "simulation" DROP CONSTRAINT "simulation_status_check"`);
    await queryRunner.query(
      `ALTER TABLE "simulation" ADD CONSTRAINT "simulation_status_check" CHECK ("status" IN ('running', 'finished', 'failed'))`,
    );
  }

  /** One that failed is tried again: an older version knows no other end. */
  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `UPDATE "simulation" SET "status" = 'running', "finished_at" = NULL WHERE "status" = 'failed'`,
    );
    await queryRunner.query(`ALTER TABLE "simulation" DROP CONSTRAINT "simulation_status_check"`);
    await queryRunner.query(
      `ALTER TABLE "simulation" ADD CONSTRAINT "simulation_status_check" CHECK ("status" IN ('running', 'finished'))`,
    );
    await queryRunner.query(`ALTER TABLE "simulation" DROP COLUMN "failed_because"`);
  }
}
