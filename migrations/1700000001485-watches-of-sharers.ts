import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What changes a SIM's pool or what is free makes the distance to the next threshold another for SIMs that did not change
 * themselves: those who share the pool, and all when a service becomes a part of another.
 */
export class WatchesOfSharers1700000001485 implements MigrationInterface {
  name = 'WatchesOfSharers1700000001485';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE OR REPLACE FUNCTION "subscription_forgets_watch"() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock_shared(7165074649429471847);
        DELETE FROM usage_watch WHERE sim_key IN (NEW.sim_key, OLD.sim_key) OR sim_key IN (
          SELECT other.sim_key FROM sim_group_member own JOIN sim_group_member other USING (group_key)
          WHERE own.sim_key IN (NEW.sim_key, OLD.sim_key));
        RETURN NULL;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER "service_parent_watch" AFTER UPDATE ON "service"
      FOR EACH ROW WHEN (OLD.parent_code IS DISTINCT FROM NEW.parent_code)
      EXECUTE FUNCTION "plan_version_forgets_watch"()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TRIGGER "service_parent_watch" ON "service"`);
    await queryRunner.query(`
      CREATE OR REPLACE FUNCTION "subscription_forgets_watch"() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock_shared(7165074649429471847);
        DELETE FROM usage_watch WHERE sim_key IN (NEW.sim_key, OLD.sim_key);
        RETURN NULL;
      END $$`);
  }
}
