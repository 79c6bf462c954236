import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Plans, the versions of their terms, and which SIM is on which plan when. */
export class Plans1700000001301 implements MigrationInterface {
  name = 'Plans1700000001301';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE EXTENSION IF NOT EXISTS btree_gist`);
    await queryRunner.query(`
      CREATE TABLE "plan" (
        "plan_key" integer GENERATED ALWAYS AS IDENTITY NOT NULL,
        "code" text NOT NULL,
        "name" text NOT NULL,
        "version" integer NOT NULL,
        "created_at" timestamp with time zone NOT NULL,
        "updated_at" timestamp with time zone NOT NULL,
        CONSTRAINT "plan_pkey" PRIMARY KEY ("plan_key"),
        CONSTRAINT "plan_code_key" UNIQUE ("code")
      )`);
    await queryRunner.query(`
      CREATE TABLE "plan_version" (
        "id" integer GENERATED ALWAYS AS IDENTITY NOT NULL,
        "plan_key" integer NOT NULL,
        "version" integer NOT NULL,
        "effective_from" timestamp with time zone NOT NULL,
        "terms" jsonb NOT NULL,
        "time_zone" text NOT NULL,
        "anchor_day" smallint NOT NULL,
        "currency" text NOT NULL,
        "created_at" timestamp with time zone NOT NULL,
        CONSTRAINT "plan_version_pkey" PRIMARY KEY ("id"),
        CONSTRAINT "plan_version_plan_fkey" FOREIGN KEY ("plan_key") REFERENCES "plan" ("plan_key"),
        CONSTRAINT "plan_version_number_key" UNIQUE ("plan_key", "version"),
        CONSTRAINT "plan_version_effective_key" UNIQUE ("plan_key", "effective_from")
      )`);
    // Statements name versions: what one said must stay readable as it was. One that is not in force yet may go.
    await queryRunner.query(`
      CREATE FUNCTION "plan_version_is_immutable"() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'a plan version never changes: add another version' USING ERRCODE = 'integrity_constraint_violation';
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER "plan_version_immutable" BEFORE UPDATE ON "plan_version"
      FOR EACH ROW EXECUTE FUNCTION "plan_version_is_immutable"()`);
    await queryRunner.query(`
      CREATE TABLE "subscription" (
        "id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
        "sim_key" bigint NOT NULL,
        "plan_key" integer NOT NULL,
        "pinned_version" integer,
        "starts_at" timestamp with time zone NOT NULL,
        "ends_at" timestamp with time zone,
        "version" integer NOT NULL,
        "created_at" timestamp with time zone NOT NULL,
        "updated_at" timestamp with time zone NOT NULL,
        CONSTRAINT "subscription_pkey" PRIMARY KEY ("id"),
        CONSTRAINT "subscription_sim_fkey" FOREIGN KEY ("sim_key") REFERENCES "sim" ("sim_key"),
        CONSTRAINT "subscription_plan_fkey" FOREIGN KEY ("plan_key") REFERENCES "plan" ("plan_key"),
        CONSTRAINT "subscription_order_check" CHECK ("ends_at" > "starts_at"),
        CONSTRAINT "subscription_no_overlap" EXCLUDE USING gist (
          "sim_key" WITH =,
          tstzrange("starts_at", "ends_at") WITH &&
        )
      )`);
    await queryRunner.query(`CREATE INDEX "subscription_sim_idx" ON "subscription" ("sim_key", "starts_at")`);
    await queryRunner.query(`CREATE INDEX "subscription_plan_idx" ON "subscription" ("plan_key")`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['subscription', 'plan_version', 'plan']) {
      await queryRunner.query(`DROP TABLE "${table}"`);
    }
    await queryRunner.query(`DROP FUNCTION "plan_version_is_immutable"`);
  }
}
