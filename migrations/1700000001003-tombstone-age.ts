import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When a session was deleted, so that its tombstone can go once everyone has heard of it. */
export class TombstoneAge1700000001003 implements MigrationInterface {
  name = 'TombstoneAge1700000001003';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE "session_tombstone" ADD "deleted_at" timestamp with time zone NOT NULL DEFAULT now()`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "session_tombstone" DROP COLUMN "deleted_at"`);
  }
}
