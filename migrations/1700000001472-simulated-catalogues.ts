import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Simulations of the draft rules of several services, and how many octets nothing stored tells enough of. */
export class SimulatedCatalogues1700000001472 implements MigrationInterface {
  name = 'SimulatedCatalogues1700000001472';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "simulation" RENAME COLUMN "service_draft" TO "service_drafts"`);
    await queryRunner.query(
      `UPDATE "simulation" SET "service_drafts" = jsonb_build_array("service_drafts") WHERE "service_drafts" IS NOT NULL`,
    );
    await queryRunner.query(
      `ALTER TABLE "simulation_result" ADD "depends_octets" bigint, ADD "unknown_octets" bigint`,
    );
    // Under draft terms alone every octet stays what it was recognised as.
    await queryRunner.query(
      `UPDATE "simulation_result" r SET "depends_octets" = 0, "unknown_octets" = 0
       FROM "simulation" s WHERE s.id = r.simulation_id AND s.service_drafts IS NULL`,
    );
  }

  /** Simulations of several services cannot be told by one: they are made again where they are wanted. */
  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DELETE FROM "simulation" WHERE jsonb_path_exists("service_drafts", '$[1]')`);
    await queryRunner.query(
      `ALTER TABLE "simulation_result" DROP COLUMN "depends_octets", DROP COLUMN "unknown_octets"`,
    );
    await queryRunner.query(
      `UPDATE "simulation" SET "service_drafts" = jsonb_path_query_first("service_drafts", '$[0]') WHERE "service_drafts" IS NOT NULL`,
    );
    await queryRunner.query(`ALTER TABLE "simulation" RENAME COLUMN "service_drafts" TO "service_draft"`);
  }
}
