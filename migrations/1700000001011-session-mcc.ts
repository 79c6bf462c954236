import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The visited network of a session, for plans whose free services end at the border. */
export class SessionMcc1700000001011 implements MigrationInterface {
  name = 'SessionMcc1700000001011';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "session" ADD "mcc" text`);
    await queryRunner.query(
      `ALTER TABLE "session" ADD CONSTRAINT "session_mcc_check" CHECK ("mcc" ~ '^[0-9]{3}$')`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "session" DROP CONSTRAINT "session_mcc_check"`);
    await queryRunner.query(`ALTER TABLE "session" DROP COLUMN "mcc"`);
  }
}
