import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Realms, SIMs and the sessions that say which SIM held which address when. */
export class Sims1700000001001 implements MigrationInterface {
  name = 'Sims1700000001001';

  async up(queryRunner: QueryRunner): Promise<void> {
    // Equality of realm_index within a GiST constraint.
    await queryRunner.query(`CREATE EXTENSION IF NOT EXISTS btree_gist`);
    await queryRunner.query(`
      CREATE TABLE "realm" (
        "realm_index" integer NOT NULL,
        "name" text NOT NULL,
        "mirror_type" text NOT NULL,
        "outer_source" inet,
        "outer_destination" inet,
        "mirror_key" bigint,
        "subscriber_prefixes" cidr[] NOT NULL,
        "resolvers" inet[] NOT NULL,
        "share_names" boolean NOT NULL,
        "retention_days" integer NOT NULL,
        "version" integer NOT NULL,
        "created_at" timestamp with time zone NOT NULL,
        "updated_at" timestamp with time zone NOT NULL,
        CONSTRAINT "realm_pkey" PRIMARY KEY ("realm_index"),
        CONSTRAINT "realm_name_key" UNIQUE ("name"),
        CONSTRAINT "realm_mirror_key" UNIQUE NULLS NOT DISTINCT
          ("mirror_type", "outer_source", "outer_destination", "mirror_key"),
        CONSTRAINT "realm_index_check" CHECK ("realm_index" BETWEEN 1 AND 65535),
        CONSTRAINT "realm_retention_check" CHECK ("retention_days" >= 0)
      )`);
    await queryRunner.query(`
      CREATE TABLE "sim" (
        "sim_key" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
        "sim_id" text NOT NULL,
        "iccid" text,
        "msisdn" text,
        "name" text,
        "name_consent" boolean NOT NULL,
        "status" text NOT NULL,
        "tags" jsonb NOT NULL,
        "version" integer NOT NULL,
        "created_at" timestamp with time zone NOT NULL,
        "updated_at" timestamp with time zone NOT NULL,
        CONSTRAINT "sim_pkey" PRIMARY KEY ("sim_key"),
        CONSTRAINT "sim_sim_id_key" UNIQUE ("sim_id")
      )`);
    await queryRunner.query(`
      CREATE TABLE "sim_imsi" (
        "imsi" text NOT NULL,
        "sim_key" bigint NOT NULL,
        CONSTRAINT "sim_imsi_pkey" PRIMARY KEY ("imsi"),
        CONSTRAINT "sim_imsi_sim_fkey" FOREIGN KEY ("sim_key") REFERENCES "sim" ("sim_key") ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE INDEX "sim_imsi_sim_idx" ON "sim_imsi" ("sim_key")`);
    // inet_ops by name: btree_gist's own operator class for inet is lossy and was found to miss rows.
    await queryRunner.query(`
      CREATE TABLE "session" (
        "id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
        "sim_key" bigint NOT NULL,
        "realm_index" integer NOT NULL,
        "prefix" cidr NOT NULL,
        "start_time" timestamp with time zone NOT NULL,
        "end_time" timestamp with time zone,
        "dns_servers" inet[] NOT NULL,
        "revision" bigint NOT NULL,
        CONSTRAINT "session_pkey" PRIMARY KEY ("id"),
        CONSTRAINT "session_sim_fkey" FOREIGN KEY ("sim_key") REFERENCES "sim" ("sim_key"),
        CONSTRAINT "session_realm_fkey" FOREIGN KEY ("realm_index") REFERENCES "realm" ("realm_index"),
        CONSTRAINT "session_order_check" CHECK ("end_time" > "start_time"),
        CONSTRAINT "session_no_overlap" EXCLUDE USING gist (
          "realm_index" WITH =,
          "prefix" inet_ops WITH =,
          tstzrange("start_time", "end_time") WITH &&
        )
      )`);
    await queryRunner.query(`CREATE INDEX "session_sim_idx" ON "session" ("sim_key", "start_time")`);
    await queryRunner.query(`CREATE INDEX "session_revision_idx" ON "session" ("revision", "id")`);
    await queryRunner.query(`
      CREATE TABLE "session_tombstone" (
        "session_id" bigint NOT NULL,
        "revision" bigint NOT NULL,
        CONSTRAINT "session_tombstone_pkey" PRIMARY KEY ("session_id")
      )`);
    await queryRunner.query(
      `CREATE INDEX "session_tombstone_revision_idx" ON "session_tombstone" ("revision")`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['session_tombstone', 'session', 'sim_imsi', 'sim', 'realm']) {
      await queryRunner.query(`DROP TABLE "${table}"`);
    }
  }
}
