import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The revision of each thing that other processes follow while it changes. */
export class ChangeTopics1700000000501 implements MigrationInterface {
  name = 'ChangeTopics1700000000501';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "change_topic" (
        "topic" text NOT NULL,
        "revision" bigint NOT NULL,
        CONSTRAINT "change_topic_pkey" PRIMARY KEY ("topic")
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "change_topic"`);
  }
}
