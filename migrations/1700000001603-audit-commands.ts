import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Commands on the host hold no API key, and stand in the audit log all the same. */
export class AuditCommands1700000001603 implements MigrationInterface {
  name = 'AuditCommands1700000001603';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "audit_log" ALTER COLUMN "key_id" DROP NOT NULL`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "audit_log" DISABLE TRIGGER "audit_log_append_only"`);
    await queryRunner.query(
      `UPDATE "audit_log" SET "key_id" = '00000000-0000-0000-0000-000000000000' WHERE "key_id" IS NULL`,
    );
    await queryRunner.query(`ALTER TABLE "audit_log" ALTER COLUMN "key_id" SET NOT NULL`);
    await queryRunner.query(`ALTER TABLE "audit_log" ENABLE TRIGGER "audit_log_append_only"`);
  }
}
