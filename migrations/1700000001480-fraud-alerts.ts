import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Findings of the fraud report that an event has told of. */
export class FraudAlerts1700000001480 implements MigrationInterface {
  name = 'FraudAlerts1700000001480';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "fraud_alert" (
        "day" date NOT NULL,
        "sim_key" bigint NOT NULL,
        "kind" text NOT NULL,
        "service_code" text NOT NULL,
        "told_at" timestamp with time zone NOT NULL,
        CONSTRAINT "fraud_alert_pkey" PRIMARY KEY ("day", "sim_key", "kind", "service_code")
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "fraud_alert"`);
  }
}
