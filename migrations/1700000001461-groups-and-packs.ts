import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Groups of SIMs that share a quota, who is in them when, and packs that SIMs bought beside their plan. */
export class GroupsAndPacks1700000001461 implements MigrationInterface {
  name = 'GroupsAndPacks1700000001461';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "sim_group" (
        "group_key" integer GENERATED ALWAYS AS IDENTITY NOT NULL,
        "code" text NOT NULL,
        "name" text NOT NULL,
        "pool_octets" bigint,
        "created_at" timestamp with time zone NOT NULL,
        CONSTRAINT "sim_group_pkey" PRIMARY KEY ("group_key"),
        CONSTRAINT "sim_group_code_key" UNIQUE ("code")
      )`);
    await queryRunner.query(`
      CREATE TABLE "sim_group_member" (
        "id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
        "group_key" integer NOT NULL,
        "sim_key" bigint NOT NULL,
        "starts_at" timestamp with time zone NOT NULL,
        "ends_at" timestamp with time zone,
        "version" integer NOT NULL,
        CONSTRAINT "sim_group_member_pkey" PRIMARY KEY ("id"),
        CONSTRAINT "sim_group_member_group_fkey" FOREIGN KEY ("group_key") REFERENCES "sim_group" ("group_key"),
        CONSTRAINT "sim_group_member_sim_fkey" FOREIGN KEY ("sim_key") REFERENCES "sim" ("sim_key"),
        CONSTRAINT "sim_group_member_order_check" CHECK ("ends_at" > "starts_at"),
        CONSTRAINT "sim_group_member_no_overlap" EXCLUDE USING gist (
          "sim_key" WITH =,
          tstzrange("starts_at", "ends_at") WITH &&
        )
      )`);
    await queryRunner.query(
      `CREATE INDEX "sim_group_member_sim_idx" ON "sim_group_member" ("sim_key", "starts_at")`,
    );
    await queryRunner.query(
      `CREATE INDEX "sim_group_member_group_idx" ON "sim_group_member" ("group_key", "starts_at")`,
    );
    await queryRunner.query(`
      CREATE TABLE "pack_purchase" (
        "id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
        "sim_key" bigint NOT NULL,
        "plan_version_id" integer NOT NULL,
        "code" text NOT NULL,
        "rule" text NOT NULL,
        "octets" bigint NOT NULL,
        "price" text NOT NULL,
        "use" text NOT NULL,
        "bought_at" timestamp with time zone NOT NULL,
        "from_hour" timestamp with time zone NOT NULL,
        "to_hour" timestamp with time zone NOT NULL,
        "created_at" timestamp with time zone NOT NULL,
        CONSTRAINT "pack_purchase_pkey" PRIMARY KEY ("id"),
        CONSTRAINT "pack_purchase_sim_fkey" FOREIGN KEY ("sim_key") REFERENCES "sim" ("sim_key"),
        CONSTRAINT "pack_purchase_version_fkey" FOREIGN KEY ("plan_version_id") REFERENCES "plan_version" ("id"),
        CONSTRAINT "pack_purchase_use_check" CHECK ("use" IN ('before_quota', 'after_quota'))
      )`);
    await queryRunner.query(`CREATE INDEX "pack_purchase_sim_idx" ON "pack_purchase" ("sim_key", "to_hour")`);
    await this.guardStatements(queryRunner);
    await this.forgetWatches(queryRunner);
    await queryRunner.query(`ALTER TABLE "usage_threshold" ADD "group_code" text`);
    await queryRunner.query(`
      CREATE UNIQUE INDEX "usage_threshold_group_once_idx"
        ON "usage_threshold" ("group_code", "period_from", "span", "threshold") WHERE group_code IS NOT NULL`);
  }

  /**
   * What final statements were made from stays as it was: of the SIM's own, and of those who share its group's pool. The
   * lock is the one that writers of statements hold.
   */
  private async guardStatements(queryRunner: QueryRunner): Promise<void> {
    const refuse = `
        IF closed > affected THEN
          RAISE EXCEPTION 'There are final statements until %: change it from then on.',
            to_char(closed AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') USING ERRCODE = 'CF001';
        END IF;
        RETURN coalesce(NEW, OLD);`;
    await queryRunner.query(`
      CREATE FUNCTION "sim_group_member_keeps_statements"() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        affected timestamp with time zone;
        closed timestamp with time zone;
      BEGIN
        PERFORM pg_advisory_xact_lock_shared(7165074649429471846);
        IF TG_OP = 'INSERT' THEN
          affected := NEW.starts_at;
        ELSIF TG_OP = 'DELETE' THEN
          affected := OLD.starts_at;
        ELSIF (NEW.sim_key, NEW.group_key, NEW.starts_at) IS DISTINCT FROM (OLD.sim_key, OLD.group_key, OLD.starts_at) THEN
          affected := least(NEW.starts_at, OLD.starts_at);
        ELSE
          affected := least(coalesce(NEW.ends_at, 'infinity'), coalesce(OLD.ends_at, 'infinity'));
        END IF;
        SELECT max(period_to) INTO closed FROM statement WHERE sim_key IN (
          SELECT coalesce(NEW.sim_key, OLD.sim_key)
          UNION SELECT m.sim_key FROM sim_group_member m
          WHERE m.group_key IN (NEW.group_key, OLD.group_key) AND (m.ends_at > affected OR m.ends_at IS NULL));
        ${refuse}
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER "sim_group_member_statements" BEFORE INSERT OR UPDATE OR DELETE ON "sim_group_member"
      FOR EACH ROW EXECUTE FUNCTION "sim_group_member_keeps_statements"()`);
    await queryRunner.query(`
      CREATE FUNCTION "pack_purchase_keeps_statements"() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        affected timestamp with time zone := least(NEW.from_hour, OLD.from_hour);
        closed timestamp with time zone;
      BEGIN
        PERFORM pg_advisory_xact_lock_shared(7165074649429471846);
        SELECT max(period_to) INTO closed FROM statement WHERE sim_key IN (NEW.sim_key, OLD.sim_key);
        ${refuse}
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER "pack_purchase_statements" BEFORE INSERT OR UPDATE OR DELETE ON "pack_purchase"
      FOR EACH ROW EXECUTE FUNCTION "pack_purchase_keeps_statements"()`);
  }

  private async forgetWatches(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION "sim_group_member_forgets_watch"() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock_shared(7165074649429471847);
        DELETE FROM usage_watch WHERE sim_key IN (NEW.sim_key, OLD.sim_key)
          OR sim_key IN (SELECT sim_key FROM sim_group_member WHERE group_key IN (NEW.group_key, OLD.group_key));
        RETURN NULL;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER "sim_group_member_watch" AFTER INSERT OR UPDATE OR DELETE ON "sim_group_member"
      FOR EACH ROW EXECUTE FUNCTION "sim_group_member_forgets_watch"()`);
    await queryRunner.query(`
      CREATE TRIGGER "pack_purchase_watch" AFTER INSERT OR UPDATE OR DELETE ON "pack_purchase"
      FOR EACH ROW EXECUTE FUNCTION "subscription_forgets_watch"()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DELETE FROM "usage_threshold" WHERE kind = 'pool'`);
    await queryRunner.query(`DROP INDEX "usage_threshold_group_once_idx"`);
    await queryRunner.query(`ALTER TABLE "usage_threshold" DROP COLUMN "group_code"`);
    for (const table of ['pack_purchase', 'sim_group_member', 'sim_group'])
      await queryRunner.query(`DROP TABLE "${table}"`);
    for (const name of [
      'sim_group_member_forgets_watch',
      'pack_purchase_keeps_statements',
      'sim_group_member_keeps_statements',
    ])
      await queryRunner.query(`DROP FUNCTION "${name}"`);
  }
}
