import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Deliveries that wait for an earlier one of their SIM may be parked: they are then not among those that a claim looks
 * through, however many there are.
 */
export class DeliveryParking1700000001592 implements MigrationInterface {
  name = 'DeliveryParking1700000001592';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "webhook_delivery" ADD "parked" boolean NOT NULL DEFAULT false`);
    await queryRunner.query(`DROP INDEX "webhook_delivery_due_idx"`);
    await queryRunner.query(
      `CREATE INDEX "webhook_delivery_due_idx" ON "webhook_delivery" ("endpoint_id", "next_attempt_at", "id") WHERE status = 'pending' AND NOT parked`,
    );
    await queryRunner.query(
      `CREATE INDEX "webhook_delivery_parked_idx" ON "webhook_delivery" ("endpoint_id", "order_key") WHERE status = 'pending' AND parked`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "webhook_delivery_parked_idx"`);
    await queryRunner.query(`DROP INDEX "webhook_delivery_due_idx"`);
    await queryRunner.query(
      `CREATE INDEX "webhook_delivery_due_idx" ON "webhook_delivery" ("endpoint_id", "next_attempt_at", "id") WHERE status = 'pending'`,
    );
    await queryRunner.query(`ALTER TABLE "webhook_delivery" DROP COLUMN "parked"`);
  }
}
