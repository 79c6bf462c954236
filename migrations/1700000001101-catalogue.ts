import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Services and the versions of their destination rules. */
export class Catalogue1700000001101 implements MigrationInterface {
  name = 'Catalogue1700000001101';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "service" (
        "code" text NOT NULL,
        "name" text NOT NULL,
        "parent_code" text,
        "rating_group" bigint NOT NULL,
        "service_identifier" bigint NOT NULL,
        "version" integer NOT NULL,
        "created_at" timestamp with time zone NOT NULL,
        "updated_at" timestamp with time zone NOT NULL,
        CONSTRAINT "service_pkey" PRIMARY KEY ("code"),
        CONSTRAINT "service_parent_fkey" FOREIGN KEY ("parent_code") REFERENCES "service" ("code"),
        CONSTRAINT "service_rating_key" UNIQUE ("rating_group", "service_identifier")
      )`);
    await queryRunner.query(`
      CREATE TABLE "service_version" (
        "id" integer GENERATED ALWAYS AS IDENTITY NOT NULL,
        "service_code" text NOT NULL,
        "version" integer NOT NULL,
        "effective_from" timestamp with time zone NOT NULL,
        "policy" text NOT NULL,
        "rules" jsonb NOT NULL,
        "created_at" timestamp with time zone NOT NULL,
        CONSTRAINT "service_version_pkey" PRIMARY KEY ("id"),
        CONSTRAINT "service_version_service_fkey" FOREIGN KEY ("service_code") REFERENCES "service" ("code"),
        CONSTRAINT "service_version_number_key" UNIQUE ("service_code", "version"),
        CONSTRAINT "service_version_effective_key" UNIQUE ("service_code", "effective_from")
      )`);
    // Statements name versions: what a version said when it was in force must stay readable as it was.
    await queryRunner.query(`
      CREATE FUNCTION "service_version_is_immutable"() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'a service version never changes: add another version' USING ERRCODE = 'integrity_constraint_violation';
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER "service_version_immutable" BEFORE UPDATE ON "service_version"
      FOR EACH ROW EXECUTE FUNCTION "service_version_is_immutable"()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "service_version"`);
    await queryRunner.query(`DROP TABLE "service"`);
    await queryRunner.query(`DROP FUNCTION "service_version_is_immutable"`);
  }
}
