import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The ledger. Every usage key starts with the SIM and months are partitions, so the table can be distributed by SIM.
 * What explains a bucket (service version, evidence, rule, name) stands once in usage_reason: a bucket's key is then
 * 20 bytes, which is what bounds the speed of the upsert.
 */
export class Meter1700000001201 implements MigrationInterface {
  name = 'Meter1700000001201';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "ledger_batch" (
        "id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
        "source" text NOT NULL,
        "generation" text NOT NULL,
        "sequence" bigint NOT NULL,
        "epoch" bigint,
        "flow_octets" bigint NOT NULL,
        "usage_entries" integer NOT NULL,
        "first_time" timestamp with time zone,
        "last_time" timestamp with time zone,
        "received_at" timestamp with time zone NOT NULL,
        CONSTRAINT "ledger_batch_pkey" PRIMARY KEY ("id"),
        CONSTRAINT "ledger_batch_delivery_key" UNIQUE ("source", "generation", "sequence")
      )`);
    await queryRunner.query(`
      CREATE TABLE "usage_reason" (
        "id" integer GENERATED ALWAYS AS IDENTITY NOT NULL,
        "service_version_id" integer,
        "claimed_service_code" text,
        "evidence" text NOT NULL,
        "rule" text,
        "name" text,
        "agreed" boolean,
        CONSTRAINT "usage_reason_pkey" PRIMARY KEY ("id"),
        CONSTRAINT "usage_reason_key" UNIQUE NULLS NOT DISTINCT
          ("service_version_id", "claimed_service_code", "evidence", "rule", "name", "agreed")
      )`);
    const counters = `
        "octets_up" bigint NOT NULL,
        "octets_down" bigint NOT NULL,
        "packets_up" bigint NOT NULL,
        "packets_down" bigint NOT NULL`;
    await queryRunner.query(`
      CREATE TABLE "usage_bucket" (
        "sim_key" bigint NOT NULL,
        "hour" timestamp with time zone NOT NULL,
        "reason_id" integer NOT NULL,
        ${counters},
        "last_batch_id" bigint,
        CONSTRAINT "usage_bucket_pkey" PRIMARY KEY ("sim_key", "hour", "reason_id")
      ) PARTITION BY RANGE ("hour")`);
    await queryRunner.query(`
      CREATE TABLE "suspense_bucket" (
        "realm_index" integer NOT NULL,
        "address" inet NOT NULL,
        "hour" timestamp with time zone NOT NULL,
        "reason_id" integer NOT NULL,
        ${counters},
        "first_time" timestamp with time zone NOT NULL,
        "last_time" timestamp with time zone NOT NULL,
        CONSTRAINT "suspense_bucket_pkey" PRIMARY KEY ("realm_index", "address", "hour", "reason_id")
      )`);
    await queryRunner.query(`CREATE INDEX "suspense_bucket_hour_idx" ON "suspense_bucket" ("hour")`);
    await queryRunner.query(`
      CREATE TABLE "suspense_binding" (
        "id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
        "session_id" bigint NOT NULL,
        "sim_key" bigint NOT NULL,
        "realm_index" integer NOT NULL,
        "address" inet NOT NULL,
        "hour" timestamp with time zone NOT NULL,
        "reason_id" integer NOT NULL,
        ${counters},
        "bound_at" timestamp with time zone NOT NULL,
        CONSTRAINT "suspense_binding_pkey" PRIMARY KEY ("id")
      )`);
    await queryRunner.query(
      `CREATE INDEX "suspense_binding_sim_idx" ON "suspense_binding" ("sim_key", "hour")`,
    );
    await queryRunner.query(`
      CREATE TABLE "account_bucket" (
        "source" text NOT NULL,
        "hour" timestamp with time zone NOT NULL,
        "account" text NOT NULL,
        "packets" bigint NOT NULL,
        "octets" bigint NOT NULL,
        CONSTRAINT "account_bucket_pkey" PRIMARY KEY ("source", "hour", "account")
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of [
      'account_bucket',
      'suspense_binding',
      'suspense_bucket',
      'usage_bucket',
      'usage_reason',
      'ledger_batch',
    ]) {
      await queryRunner.query(`DROP TABLE "${table}"`);
    }
  }
}
