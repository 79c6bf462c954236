import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Thresholds of quota, caps and money that SIMs have reached, and how far each SIM is from its next. */
export class Thresholds1700000001402 implements MigrationInterface {
  name = 'Thresholds1700000001402';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "usage_watch" (
        "sim_key" bigint NOT NULL,
        "period_from" timestamp with time zone NOT NULL,
        "period_to" timestamp with time zone NOT NULL,
        "headroom" bigint,
        CONSTRAINT "usage_watch_pkey" PRIMARY KEY ("sim_key"),
        CONSTRAINT "usage_watch_sim_fkey" FOREIGN KEY ("sim_key") REFERENCES "sim" ("sim_key")
      )`);
    await queryRunner.query(`
      CREATE TABLE "usage_threshold" (
        "id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
        "sim_key" bigint NOT NULL,
        "month" text NOT NULL,
        "period_from" timestamp with time zone NOT NULL,
        "kind" text NOT NULL,
        "plan_code" text NOT NULL,
        "plan_version" integer NOT NULL,
        "rule" text NOT NULL,
        "span" text NOT NULL,
        "threshold" text NOT NULL,
        "threshold_limit" text NOT NULL,
        "used" text NOT NULL,
        "reached_at" timestamp with time zone NOT NULL,
        CONSTRAINT "usage_threshold_pkey" PRIMARY KEY ("id"),
        CONSTRAINT "usage_threshold_once_key"
          UNIQUE ("sim_key", "period_from", "plan_code", "rule", "span", "threshold"),
        CONSTRAINT "usage_threshold_sim_fkey" FOREIGN KEY ("sim_key") REFERENCES "sim" ("sim_key")
      )`);
    await this.forgetOnChange(queryRunner);
  }

  /**
   * Another plan is another distance to the next threshold. The shared lock makes a change wait for a check that is
   * under way, so that no check stores a distance that it read from the old plan.
   */
  private async forgetOnChange(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION "subscription_forgets_watch"() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock_shared(7165074649429471847);
        DELETE FROM usage_watch WHERE sim_key IN (NEW.sim_key, OLD.sim_key);
        RETURN NULL;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER "subscription_watch" AFTER INSERT OR UPDATE OR DELETE ON "subscription"
      FOR EACH ROW EXECUTE FUNCTION "subscription_forgets_watch"()`);
    await queryRunner.query(`
      CREATE FUNCTION "plan_version_forgets_watch"() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock_shared(7165074649429471847);
        DELETE FROM usage_watch;
        RETURN NULL;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER "plan_version_watch" AFTER INSERT OR DELETE ON "plan_version"
      FOR EACH STATEMENT EXECUTE FUNCTION "plan_version_forgets_watch"()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TRIGGER "plan_version_watch" ON "plan_version"`);
    await queryRunner.query(`DROP TRIGGER "subscription_watch" ON "subscription"`);
    await queryRunner.query(`DROP FUNCTION "plan_version_forgets_watch"`);
    await queryRunner.query(`DROP FUNCTION "subscription_forgets_watch"`);
    await queryRunner.query(`DROP TABLE "usage_threshold"`);
    await queryRunner.query(`DROP TABLE "usage_watch"`);
  }
}
