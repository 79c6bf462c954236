import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who pays for a service that is free for its users. */
export class Sponsor1700000001102 implements MigrationInterface {
  name = 'Sponsor1700000001102';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "service" ADD "sponsor" text`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "service" DROP COLUMN "sponsor"`);
  }
}
