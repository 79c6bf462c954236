import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far SORACOM's SIMs have been read, and which of them are to be read next. */
export class Soracom1700000001702 implements MigrationInterface {
  name = 'Soracom1700000001702';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "soracom_sim" (
        "account" text NOT NULL,
        "soracom_sim_id" text NOT NULL,
        "sim_id" text NOT NULL,
        "fingerprint" text NOT NULL,
        "synced_until" timestamp with time zone NOT NULL,
        "open" jsonb NOT NULL,
        CONSTRAINT "soracom_sim_pkey" PRIMARY KEY ("account", "soracom_sim_id")
      )`);
    await queryRunner.query(`CREATE INDEX "soracom_sim_sim_idx" ON "soracom_sim" ("sim_id")`);
    await queryRunner.query(`
      CREATE TABLE "soracom_wish" (
        "key" text NOT NULL,
        "wanted_at" timestamp with time zone NOT NULL,
        CONSTRAINT "soracom_wish_pkey" PRIMARY KEY ("key")
      )`);
    await queryRunner.query(`CREATE INDEX "soracom_wish_wanted_idx" ON "soracom_wish" ("wanted_at")`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "soracom_wish"`);
    await queryRunner.query(`DROP TABLE "soracom_sim"`);
  }
}
