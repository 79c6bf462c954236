import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Corrections of final statements, and what of them a later statement has settled. */
export class Corrections1700000001403 implements MigrationInterface {
  name = 'Corrections1700000001403';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE "statement" ADD "corrections_amount" numeric NOT NULL DEFAULT 0`);
    await queryRunner.query(`
      CREATE TABLE "statement_correction" (
        "id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
        "statement_number" bigint NOT NULL,
        "position" integer NOT NULL,
        "sim_key" bigint NOT NULL,
        "amount" numeric NOT NULL,
        "carried_out_octets" bigint NOT NULL,
        "document" text NOT NULL,
        "hash" bytea NOT NULL,
        "corrected_at" timestamp with time zone NOT NULL,
        "settled_on" bigint,
        CONSTRAINT "statement_correction_pkey" PRIMARY KEY ("id"),
        CONSTRAINT "statement_correction_position_key" UNIQUE ("statement_number", "position"),
        CONSTRAINT "statement_correction_statement_fkey" FOREIGN KEY ("statement_number") REFERENCES "statement" ("number"),
        CONSTRAINT "statement_correction_settled_fkey" FOREIGN KEY ("settled_on") REFERENCES "statement" ("number"),
        CONSTRAINT "statement_correction_sim_fkey" FOREIGN KEY ("sim_key") REFERENCES "sim" ("sim_key")
      )`);
    await queryRunner.query(`
      CREATE INDEX "statement_correction_open_idx" ON "statement_correction" ("sim_key") WHERE settled_on IS NULL`);
    await queryRunner.query(`
      CREATE FUNCTION "correction_is_final"() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'UPDATE' AND OLD.settled_on IS NULL AND NEW.settled_on IS NOT NULL THEN
          OLD.settled_on := NEW.settled_on;
          IF NEW IS NOT DISTINCT FROM OLD THEN RETURN NEW; END IF;
        END IF;
        RAISE EXCEPTION 'a correction is never changed or removed' USING ERRCODE = 'CF002';
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER "statement_correction_final" BEFORE UPDATE OR DELETE ON "statement_correction"
      FOR EACH ROW EXECUTE FUNCTION "correction_is_final"()`);
    await queryRunner.query(`
      CREATE TRIGGER "statement_correction_final_truncate" BEFORE TRUNCATE ON "statement_correction"
      FOR EACH STATEMENT EXECUTE FUNCTION "correction_is_final"()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "statement_correction"`);
    await queryRunner.query(`DROP FUNCTION "correction_is_final"`);
    await queryRunner.query(`ALTER TABLE "statement" DROP COLUMN "corrections_amount"`);
  }
}
