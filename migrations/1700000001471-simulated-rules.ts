import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Simulations of draft rules of a service, with or without draft terms. */
export class SimulatedRules1700000001471 implements MigrationInterface {
  name = 'SimulatedRules1700000001471';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "simulation" ALTER COLUMN "terms" DROP NOT NULL`);
    await queryRunner.query(`ALTER TABLE "simulation" ADD "service_draft" jsonb`);
  }

  /** Simulations of rules alone cannot be told without them: they are made again where they are wanted. */
  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DELETE FROM "simulation" WHERE terms IS NULL`);
    await queryRunner.query(`ALTER TABLE "simulation" DROP COLUMN "service_draft"`);
    await queryRunner.query(`ALTER TABLE "simulation" ALTER COLUMN "terms" SET NOT NULL`);
  }
}
