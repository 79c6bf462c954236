import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the mirror counted of a SIM on a UTC day, beside what SORACOM did. */
export class SoracomReconciliation1700000001703 implements MigrationInterface {
  name = 'SoracomReconciliation1700000001703';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "soracom_day" (
        "account" text NOT NULL,
        "sim_id" text NOT NULL,
        "day" date NOT NULL,
        "mirror_octets" bigint NOT NULL,
        "waiting_octets" bigint NOT NULL,
        "soracom_octets" bigint NOT NULL,
        "outside" boolean NOT NULL,
        "told" boolean NOT NULL,
        "compared_at" timestamp with time zone NOT NULL,
        CONSTRAINT "soracom_day_pkey" PRIMARY KEY ("account", "day", "sim_id")
      )`);
    await queryRunner.query(
      `CREATE INDEX "soracom_day_untold_idx" ON "soracom_day" ("account") WHERE outside AND NOT told`,
    );
    await queryRunner.query(`ALTER TABLE "soracom_sim" ADD "compared_until" date`);
    await queryRunner.query(
      `CREATE INDEX "soracom_sim_compared_idx" ON "soracom_sim" ("account", "compared_until")`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "soracom_sim_compared_idx"`);
    await queryRunner.query(`ALTER TABLE "soracom_sim" DROP COLUMN "compared_until"`);
    await queryRunner.query(`DROP TABLE "soracom_day"`);
  }
}
