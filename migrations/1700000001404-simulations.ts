import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Stored periods rated under draft terms. Nothing that bills reads these tables. */
export class Simulations1700000001404 implements MigrationInterface {
  name = 'Simulations1700000001404';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "simulation" (
        "id" uuid NOT NULL,
        "month" text NOT NULL,
        "plan_code" text NOT NULL,
        "terms" jsonb NOT NULL,
        "status" text NOT NULL,
        "sims" integer NOT NULL,
        "done" integer NOT NULL,
        "last_sim_key" bigint NOT NULL,
        "created_at" timestamp with time zone NOT NULL,
        "finished_at" timestamp with time zone,
        CONSTRAINT "simulation_pkey" PRIMARY KEY ("id"),
        CONSTRAINT "simulation_status_check" CHECK ("status" IN ('running', 'finished'))
      )`);
    await queryRunner.query(`
      CREATE TABLE "simulation_result" (
        "simulation_id" uuid NOT NULL,
        "sim_key" bigint NOT NULL,
        "statement_number" bigint,
        "billed_amount" numeric NOT NULL,
        "billed_free_octets" bigint NOT NULL,
        "simulated_amount" numeric NOT NULL,
        "simulated_free_octets" bigint NOT NULL,
        "octets" bigint NOT NULL,
        CONSTRAINT "simulation_result_pkey" PRIMARY KEY ("simulation_id", "sim_key"),
        CONSTRAINT "simulation_result_simulation_fkey" FOREIGN KEY ("simulation_id") REFERENCES "simulation" ("id")
          ON DELETE CASCADE
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "simulation_result"`);
    await queryRunner.query(`DROP TABLE "simulation"`);
  }
}
