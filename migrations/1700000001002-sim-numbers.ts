import type { MigrationInterface, QueryRunner } from 'typeorm';

/** SIMs are looked up by ICCID and MSISDN where a network names them by nothing else. */
export class SimNumbers1700000001002 implements MigrationInterface {
  name = 'SimNumbers1700000001002';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE INDEX "sim_iccid_idx" ON "sim" ("iccid")`);
    await queryRunner.query(`CREATE INDEX "sim_msisdn_idx" ON "sim" ("msisdn")`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "sim_msisdn_idx"`);
    await queryRunner.query(`DROP INDEX "sim_iccid_idx"`);
  }
}
