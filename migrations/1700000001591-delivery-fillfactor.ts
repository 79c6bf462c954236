import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Room in every page, so that taking a delivery on writes none of the table's indexes (see the ledger's buckets). */
export class DeliveryFillfactor1700000001591 implements MigrationInterface {
  name = 'DeliveryFillfactor1700000001591';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "webhook_delivery" SET (fillfactor = 70)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "webhook_delivery" RESET (fillfactor)`);
  }
}
