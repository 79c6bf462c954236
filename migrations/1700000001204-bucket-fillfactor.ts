import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Room in every page for the new versions of its rows (PostgreSQL manual, "Heap-Only Tuples"): a bucket is added to
 * many times in its hour, and an update that stays in its page writes no index and leaves nothing for a vacuum. New
 * partitions are made so by the ledger; this is for those that are there.
 */
export class BucketFillfactor1700000001204 implements MigrationInterface {
  name = 'BucketFillfactor1700000001204';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const table of await bucketTables(queryRunner))
      await queryRunner.query(`ALTER TABLE ${table} SET (fillfactor = 50)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of await bucketTables(queryRunner))
      await queryRunner.query(`ALTER TABLE ${table} RESET (fillfactor)`);
  }
}

async function bucketTables(queryRunner: QueryRunner): Promise<string[]> {
  const rows = (await queryRunner.query(
    `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'usage_bucket'::regclass
     UNION ALL SELECT 'suspense_bucket' ORDER BY 1`,
  )) as { name: string }[];
  return rows.map(({ name }) => name);
}
