import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What RADIUS accounting says of who holds which prefix: sessions are made of it once their SIM is known. */
export class Radius1700000001701 implements MigrationInterface {
  name = 'Radius1700000001701';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "radius_lease" (
        "realm" text NOT NULL,
        "nas" text NOT NULL,
        "acct_session_id" text NOT NULL,
        "prefix" cidr NOT NULL,
        "imsi" text,
        "iccid" text,
        "msisdn" text,
        "start_time" timestamp with time zone NOT NULL,
        "end_time" timestamp with time zone,
        "sim_id" text,
        "stored_start" timestamp with time zone,
        "problem" text,
        "detail" text,
        "seen_at" timestamp with time zone NOT NULL,
        CONSTRAINT "radius_lease_pkey" PRIMARY KEY ("realm", "nas", "acct_session_id", "prefix"),
        CONSTRAINT "radius_lease_order_check" CHECK ("end_time" > "start_time"),
        CONSTRAINT "radius_lease_problem_check" CHECK (problem IN ('unknown_sim', 'refused', 'conflict'))
      )`);
    await queryRunner.query(
      `CREATE INDEX "radius_lease_open_idx" ON "radius_lease" ("realm", "nas") WHERE end_time IS NULL`,
    );
    await queryRunner.query(
      `CREATE INDEX "radius_lease_problem_idx" ON "radius_lease" ("realm", "nas", "acct_session_id", "prefix") WHERE problem IS NOT NULL`,
    );
    await queryRunner.query(`CREATE INDEX "radius_lease_seen_idx" ON "radius_lease" ("seen_at")`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "radius_lease"`);
  }
}
