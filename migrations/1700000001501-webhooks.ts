import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Outbox and webhooks. An event is written in the transaction that causes it, its payload frozen as bytes; a delivery
 * is one event for one endpoint and is the only truth about what is still to be sent: Redis carries wake-ups only.
 */
export class Webhooks1700000001501 implements MigrationInterface {
  name = 'Webhooks1700000001501';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "outbox_sequence" (
        "sim_id" text NOT NULL,
        "last_sequence" bigint NOT NULL,
        CONSTRAINT "outbox_sequence_pkey" PRIMARY KEY ("sim_id")
      )`);
    await queryRunner.query(`
      CREATE TABLE "outbox_event" (
        "id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
        "message_id" text NOT NULL,
        "type" text NOT NULL,
        "sim_id" text,
        "sequence" bigint,
        "occurred_at" timestamp with time zone NOT NULL,
        "payload" bytea NOT NULL,
        "dispatched_at" timestamp with time zone,
        CONSTRAINT "outbox_event_pkey" PRIMARY KEY ("id"),
        CONSTRAINT "outbox_event_message_key" UNIQUE ("message_id")
      )`);
    await queryRunner.query(
      `CREATE INDEX "outbox_event_waiting_idx" ON "outbox_event" ("id") WHERE dispatched_at IS NULL`,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX "outbox_event_sequence_key" ON "outbox_event" ("sim_id", "sequence") WHERE sim_id IS NOT NULL`,
    );
    await queryRunner.query(`CREATE INDEX "outbox_event_occurred_idx" ON "outbox_event" ("occurred_at")`);
    await queryRunner.query(`
      CREATE TABLE "webhook_endpoint" (
        "id" uuid NOT NULL,
        "url" text NOT NULL,
        "description" text NOT NULL,
        "event_types" text[] NOT NULL,
        "ordering" text NOT NULL,
        "signature" text NOT NULL,
        "enabled" boolean NOT NULL,
        "disabled_reason" text,
        "paused_until" timestamp with time zone,
        "revision" integer NOT NULL,
        "created_at" timestamp with time zone NOT NULL,
        "updated_at" timestamp with time zone NOT NULL,
        CONSTRAINT "webhook_endpoint_pkey" PRIMARY KEY ("id"),
        CONSTRAINT "webhook_endpoint_ordering_check" CHECK (ordering IN ('sim', 'none')),
        CONSTRAINT "webhook_endpoint_signature_check" CHECK (signature IN ('v1', 'v1a'))
      )`);
    await queryRunner.query(`
      CREATE TABLE "webhook_secret" (
        "id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
        "endpoint_id" uuid NOT NULL,
        "kind" text NOT NULL,
        "sealed" boolean NOT NULL,
        "secret" bytea NOT NULL,
        "public_key" text,
        "created_at" timestamp with time zone NOT NULL,
        "expires_at" timestamp with time zone,
        CONSTRAINT "webhook_secret_pkey" PRIMARY KEY ("id"),
        CONSTRAINT "webhook_secret_endpoint_fkey" FOREIGN KEY ("endpoint_id")
          REFERENCES "webhook_endpoint" ("id") ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE INDEX "webhook_secret_endpoint_idx" ON "webhook_secret" ("endpoint_id")`);
    await queryRunner.query(`
      CREATE TABLE "webhook_delivery" (
        "id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
        "event_id" bigint NOT NULL,
        "endpoint_id" uuid NOT NULL,
        "order_key" text,
        "status" text NOT NULL,
        "attempts" integer NOT NULL,
        "tries" integer NOT NULL,
        "next_attempt_at" timestamp with time zone,
        "claimed_until" timestamp with time zone,
        "created_at" timestamp with time zone NOT NULL,
        "finished_at" timestamp with time zone,
        CONSTRAINT "webhook_delivery_pkey" PRIMARY KEY ("id"),
        CONSTRAINT "webhook_delivery_event_endpoint_key" UNIQUE ("event_id", "endpoint_id"),
        CONSTRAINT "webhook_delivery_status_check" CHECK (status IN ('pending', 'delivered', 'dead')),
        CONSTRAINT "webhook_delivery_event_fkey" FOREIGN KEY ("event_id")
          REFERENCES "outbox_event" ("id") ON DELETE CASCADE,
        CONSTRAINT "webhook_delivery_endpoint_fkey" FOREIGN KEY ("endpoint_id")
          REFERENCES "webhook_endpoint" ("id") ON DELETE CASCADE
      )`);
    await queryRunner.query(
      `CREATE INDEX "webhook_delivery_due_idx" ON "webhook_delivery" ("endpoint_id", "next_attempt_at", "id") WHERE status = 'pending'`,
    );
    await queryRunner.query(
      `CREATE INDEX "webhook_delivery_order_idx" ON "webhook_delivery" ("endpoint_id", "order_key", "event_id") WHERE status = 'pending'`,
    );
    await queryRunner.query(
      `CREATE INDEX "webhook_delivery_status_idx" ON "webhook_delivery" ("endpoint_id", "status", "id")`,
    );
    await queryRunner.query(`
      CREATE TABLE "webhook_attempt" (
        "delivery_id" bigint NOT NULL,
        "number" integer NOT NULL,
        "started_at" timestamp with time zone NOT NULL,
        "duration_ms" integer NOT NULL,
        "status_code" integer,
        "error" text,
        "response_headers" jsonb,
        "response_head" text,
        CONSTRAINT "webhook_attempt_pkey" PRIMARY KEY ("delivery_id", "number"),
        CONSTRAINT "webhook_attempt_delivery_fkey" FOREIGN KEY ("delivery_id")
          REFERENCES "webhook_delivery" ("id") ON DELETE CASCADE
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of [
      'webhook_attempt',
      'webhook_delivery',
      'webhook_secret',
      'webhook_endpoint',
      'outbox_event',
      'outbox_sequence',
    ]) {
      await queryRunner.query(`DROP TABLE "${table}"`);
    }
  }
}
