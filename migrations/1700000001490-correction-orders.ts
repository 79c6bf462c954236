import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Corrections of months that were ordered and are not carried out yet: the queue may lose its job. */
export class CorrectionOrders1700000001490 implements MigrationInterface {
  name = 'CorrectionOrders1700000001490';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "correction_order" (
        "month" text NOT NULL,
        "id" uuid NOT NULL,
        "ordered_at" timestamp with time zone NOT NULL,
        CONSTRAINT "correction_order_pkey" PRIMARY KEY ("month")
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "correction_order"`);
  }
}
