import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Every change that was asked for over the API. Rows are only ever added: one when the request begins, one when it
 * ends, so a change whose process died in between still stands here.
 */
export class AuditLog1700000001602 implements MigrationInterface {
  name = 'AuditLog1700000001602';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "audit_log" (
        "id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
        "at" timestamp with time zone NOT NULL,
        "request_id" uuid NOT NULL,
        "stage" text NOT NULL,
        "key_id" uuid NOT NULL,
        "operation" text NOT NULL,
        "path" text NOT NULL,
        "requested" jsonb,
        "status" smallint,
        "before" jsonb,
        "after" jsonb,
        CONSTRAINT "audit_log_pkey" PRIMARY KEY ("id"),
        CONSTRAINT "audit_log_request_key" UNIQUE ("request_id", "stage"),
        CONSTRAINT "audit_log_stage_check" CHECK ("stage" IN ('begun', 'ended'))
      )`);
    await queryRunner.query(`CREATE INDEX "audit_log_path_idx" ON "audit_log" ("path", "id")`);
    await queryRunner.query(`
      CREATE FUNCTION audit_log_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'the audit log is only ever added to' USING ERRCODE = 'CF002';
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER "audit_log_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_log"
      FOR EACH STATEMENT EXECUTE FUNCTION audit_log_append_only()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "audit_log"`);
    await queryRunner.query(`DROP FUNCTION audit_log_append_only()`);
  }
}
