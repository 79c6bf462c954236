import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What forgetting names needs: the reason without name that stands in for one with, and when a reason fell out of use. */
export class NameRetention1700000001203 implements MigrationInterface {
  name = 'NameRetention1700000001203';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "usage_reason" ADD "nameless_id" integer`);
    await queryRunner.query(`ALTER TABLE "usage_reason" ADD "retired_at" timestamp with time zone`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "usage_reason" DROP COLUMN "retired_at"`);
    await queryRunner.query(`ALTER TABLE "usage_reason" DROP COLUMN "nameless_id"`);
  }
}
