import type { MigrationInterface, QueryRunner } from 'typeorm';

/** API keys as hashes, and the answers that an Idempotency-Key brings back. */
export class ApiKeys1700000001601 implements MigrationInterface {
  name = 'ApiKeys1700000001601';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "api_key" (
        "id" uuid NOT NULL,
        "name" text NOT NULL,
        "secret_hash" bytea NOT NULL,
        "scopes" text[] NOT NULL,
        "created_at" timestamp with time zone NOT NULL,
        "created_by" uuid,
        "expires_at" timestamp with time zone,
        "revoked_at" timestamp with time zone,
        "last_used_at" timestamp with time zone,
        CONSTRAINT "api_key_pkey" PRIMARY KEY ("id")
      )`);
    await queryRunner.query(`CREATE UNIQUE INDEX "api_key_secret_hash_key" ON "api_key" ("secret_hash")`);
    await queryRunner.query(`
      CREATE TABLE "api_idempotency" (
        "key_id" uuid NOT NULL,
        "idempotency_key" text NOT NULL,
        "request_hash" bytea NOT NULL,
        "answer_status" smallint,
        "answer_body" text,
        "answer_location" text,
        "started_at" timestamp with time zone NOT NULL,
        "expires_at" timestamp with time zone NOT NULL,
        CONSTRAINT "api_idempotency_pkey" PRIMARY KEY ("key_id", "idempotency_key")
      )`);
    await queryRunner.query(
      `CREATE INDEX "api_idempotency_expires_at_idx" ON "api_idempotency" ("expires_at")`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "api_idempotency"`);
    await queryRunner.query(`DROP TABLE "api_key"`);
  }
}
