import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a statement settles is found without looking at all corrections: for verification, and the files of charging records. */
export class SettledCorrections1700000001481 implements MigrationInterface {
  name = 'SettledCorrections1700000001481';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE INDEX "statement_correction_settled_idx" ON "statement_correction" ("settled_on")
        WHERE settled_on IS NOT NULL`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "statement_correction_settled_idx"`);
  }
}
