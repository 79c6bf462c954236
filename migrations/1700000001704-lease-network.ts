import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The country of the network that accounting told of, and whether a lease goes on from one in another. */
export class LeaseNetwork1700000001704 implements MigrationInterface {
  name = 'LeaseNetwork1700000001704';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "radius_lease" ADD "mcc" text`);
    await queryRunner.query(`ALTER TABLE "radius_lease" ADD "continues" boolean NOT NULL DEFAULT false`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "radius_lease" DROP COLUMN "continues"`);
    await queryRunner.query(`ALTER TABLE "radius_lease" DROP COLUMN "mcc"`);
  }
}
