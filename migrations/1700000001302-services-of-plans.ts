import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A service that a plan names stays. Its code in a plan's terms would else be free for whatever is given that code later.
 * Who writes terms holds their services' rows meanwhile (`CatalogueReader`).
 */
export class ServicesOfPlans1700000001302 implements MigrationInterface {
  name = 'ServicesOfPlans1700000001302';

  async up(queryRunner: QueryRunner): Promise<void> {
    // The error is that of a reference, as it is one, though it stands within a document.
    await queryRunner.query(`
      CREATE FUNCTION "service_stays_for_plans"() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (
          SELECT 1 FROM plan_version v, jsonb_array_elements(v.terms -> 'free') AS rule
          WHERE (jsonb_typeof(rule -> 'services') = 'array' AND rule -> 'services' ? OLD.code) OR rule -> 'except' ? OLD.code
        ) THEN
          RAISE EXCEPTION 'a plan names the service %', OLD.code USING ERRCODE = 'foreign_key_violation';
        END IF;
        RETURN OLD;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER "service_named_by_plans" BEFORE DELETE ON "service"
      FOR EACH ROW EXECUTE FUNCTION "service_stays_for_plans"()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TRIGGER "service_named_by_plans" ON "service"`);
    await queryRunner.query(`DROP FUNCTION "service_stays_for_plans"`);
  }
}
