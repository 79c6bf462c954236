import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Statements, their numbers, and the runs that close periods. */
export class Billing1700000001401 implements MigrationInterface {
  name = 'Billing1700000001401';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "closing_run" (
        "id" uuid NOT NULL,
        "month" text NOT NULL,
        "time_zone" text NOT NULL,
        "anchor_day" smallint NOT NULL,
        "currency" text NOT NULL,
        "period_from" timestamp with time zone NOT NULL,
        "period_to" timestamp with time zone NOT NULL,
        "as_of" timestamp with time zone NOT NULL,
        "forced" boolean NOT NULL,
        "completeness" jsonb NOT NULL,
        "status" text NOT NULL,
        "last_sim_key" bigint NOT NULL,
        "statements" integer NOT NULL,
        "created_at" timestamp with time zone NOT NULL,
        "finished_at" timestamp with time zone,
        CONSTRAINT "closing_run_pkey" PRIMARY KEY ("id"),
        CONSTRAINT "closing_run_status_check" CHECK ("status" IN ('running', 'finished'))
      )`);
    await queryRunner.query(`
      CREATE UNIQUE INDEX "closing_run_one_running_idx" ON "closing_run"
        ("month", "time_zone", "anchor_day", "currency") WHERE status = 'running'`);
    // One row: its lock hands out statement numbers in commit order, and a rollback takes them back. So no gaps.
    await queryRunner.query(`
      CREATE TABLE "statement_series" (
        "series" text NOT NULL,
        "last_number" bigint NOT NULL,
        CONSTRAINT "statement_series_pkey" PRIMARY KEY ("series")
      )`);
    await queryRunner.query(`
      CREATE TABLE "statement" (
        "number" bigint NOT NULL,
        "sim_key" bigint NOT NULL,
        "chain_position" integer NOT NULL,
        "month" text NOT NULL,
        "time_zone" text NOT NULL,
        "anchor_day" smallint NOT NULL,
        "currency" text NOT NULL,
        "period_from" timestamp with time zone NOT NULL,
        "period_to" timestamp with time zone NOT NULL,
        "octets_up" bigint NOT NULL,
        "octets_down" bigint NOT NULL,
        "free_octets" bigint NOT NULL,
        "billed_octets" bigint NOT NULL,
        "not_counted_octets" bigint NOT NULL,
        "carried_out_octets" bigint NOT NULL,
        "net" numeric NOT NULL,
        "tax" numeric NOT NULL,
        "amount" numeric NOT NULL,
        "document" text NOT NULL,
        "hash" bytea NOT NULL,
        "run_id" uuid NOT NULL,
        "finalized_at" timestamp with time zone NOT NULL,
        CONSTRAINT "statement_pkey" PRIMARY KEY ("number"),
        CONSTRAINT "statement_sim_fkey" FOREIGN KEY ("sim_key") REFERENCES "sim" ("sim_key"),
        CONSTRAINT "statement_run_fkey" FOREIGN KEY ("run_id") REFERENCES "closing_run" ("id"),
        CONSTRAINT "statement_chain_key" UNIQUE ("sim_key", "chain_position"),
        CONSTRAINT "statement_period_key" UNIQUE ("sim_key", "month", "time_zone", "anchor_day", "currency")
      )`);
    await queryRunner.query(`CREATE INDEX "statement_month_idx" ON "statement" ("month", "number")`);
    await queryRunner.query(`
      CREATE FUNCTION "statement_is_final"() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'a final statement is never changed or removed' USING ERRCODE = 'CF002';
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER "statement_final" BEFORE UPDATE OR DELETE ON "statement"
      FOR EACH ROW EXECUTE FUNCTION "statement_is_final"()`);
    await queryRunner.query(`
      CREATE TRIGGER "statement_final_truncate" BEFORE TRUNCATE ON "statement"
      FOR EACH STATEMENT EXECUTE FUNCTION "statement_is_final"()`);
    await this.guardSubscriptions(queryRunner);
  }

  /**
   * What a final statement was made from stays as it was: a change of a subscription may only reach back to the end
   * of the SIM's last closed period. The shared lock makes it wait while a batch of statements is being written.
   */
  private async guardSubscriptions(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION "subscription_keeps_statements"() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        affected timestamp with time zone;
        closed timestamp with time zone;
        key bigint := coalesce(NEW.sim_key, OLD.sim_key);
      BEGIN
        PERFORM pg_advisory_xact_lock_shared(7165074649429471846);
        IF TG_OP = 'INSERT' THEN
          affected := NEW.starts_at;
        ELSIF TG_OP = 'DELETE' THEN
          affected := OLD.starts_at;
        ELSIF (NEW.sim_key, NEW.plan_key, NEW.pinned_version, NEW.starts_at)
              IS DISTINCT FROM (OLD.sim_key, OLD.plan_key, OLD.pinned_version, OLD.starts_at) THEN
          affected := least(NEW.starts_at, OLD.starts_at);
        ELSE
          affected := least(coalesce(NEW.ends_at, 'infinity'), coalesce(OLD.ends_at, 'infinity'));
        END IF;
        SELECT max(period_to) INTO closed FROM statement WHERE sim_key = key;
        IF closed > affected THEN
          RAISE EXCEPTION 'The SIM has final statements until %: change its plan from then on.',
            to_char(closed AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') USING ERRCODE = 'CF001';
        END IF;
        RETURN coalesce(NEW, OLD);
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER "subscription_statements" BEFORE INSERT OR UPDATE OR DELETE ON "subscription"
      FOR EACH ROW EXECUTE FUNCTION "subscription_keeps_statements"()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TRIGGER "subscription_statements" ON "subscription"`);
    await queryRunner.query(`DROP FUNCTION "subscription_keeps_statements"`);
    for (const table of ['statement', 'statement_series', 'closing_run']) {
      await queryRunner.query(`DROP TABLE "${table}"`);
    }
    await queryRunner.query(`DROP FUNCTION "statement_is_final"`);
  }
}
