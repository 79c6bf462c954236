import {
  Check,
  Column,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  Unique,
} from 'typeorm';
import { FraudAlertEntity } from './fraud-alert.entity.js';

/** One closing of one month for one calendar and currency. It goes on where it was stopped. */
@Entity('closing_run')
@Check('closing_run_status_check', `"status" IN ('running', 'held', 'finished')`)
@Index('closing_run_one_running_idx', ['month', 'timeZone', 'anchorDay', 'currency'], {
  unique: true,
  where: `status <> 'finished'`,
})
export class ClosingRunEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'closing_run_pkey' })
  id!: string;
  @Column('text')
  month!: string;
  @Column('text', { name: 'time_zone' })
  timeZone!: string;
  @Column('smallint', { name: 'anchor_day' })
  anchorDay!: number;
  @Column('text')
  currency!: string;
  @Column('timestamptz', { name: 'period_from' })
  periodFrom!: Date;
  @Column('timestamptz', { name: 'period_to' })
  periodTo!: Date;
  /** When the closing was ordered: every statement of the run carries it, so that a restart changes no byte. */
  @Column('timestamptz', { name: 'as_of' })
  asOf!: Date;
  @Column('boolean')
  forced!: boolean;
  @Column('jsonb')
  completeness!: Record<string, string>;
  @Column('text')
  status!: 'running' | 'held' | 'finished';
  /** Somebody has looked at a total that the brake held. */
  @Column('boolean', { default: false })
  confirmed!: boolean;
  @Column('text', { name: 'held_because', nullable: true })
  heldBecause!: string | null;
  /** SIMs up to this key are done. */
  @Column('bigint', { name: 'last_sim_key' })
  lastSimKey!: string;
  @Column('integer')
  statements!: number;
  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;
}

/** The last number of a series that has no gaps. */
@Entity('statement_series')
export class StatementSeriesEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'statement_series_pkey' })
  series!: string;
  @Column('bigint', { name: 'last_number' })
  lastNumber!: string;
}

/** A final statement. Never changed, never removed (trigger). Its document is what was hashed, to the byte. */
@Entity('statement')
@Unique('statement_chain_key', ['simKey', 'chainPosition'])
@Unique('statement_period_key', ['simKey', 'month', 'timeZone', 'anchorDay', 'currency'])
@Index('statement_month_idx', ['month', 'number'])
@Index('statement_sim_period_idx', ['simKey', 'periodTo'])
export class StatementEntity {
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'statement_pkey' })
  number!: string;
  @Column('bigint', { name: 'sim_key' })
  simKey!: string;
  @ManyToOne('SimEntity', { nullable: false })
  @JoinColumn({ name: 'sim_key', foreignKeyConstraintName: 'statement_sim_fkey' })
  sim!: object;
  /** 1, 2, 3… per SIM. */
  @Column('integer', { name: 'chain_position' })
  chainPosition!: number;
  @Column('text')
  month!: string;
  @Column('text', { name: 'time_zone' })
  timeZone!: string;
  @Column('smallint', { name: 'anchor_day' })
  anchorDay!: number;
  @Column('text')
  currency!: string;
  @Column('timestamptz', { name: 'period_from' })
  periodFrom!: Date;
  @Column('timestamptz', { name: 'period_to' })
  periodTo!: Date;
  @Column('bigint', { name: 'octets_up' })
  octetsUp!: string;
  @Column('bigint', { name: 'octets_down' })
  octetsDown!: string;
  @Column('bigint', { name: 'free_octets' })
  freeOctets!: string;
  @Column('bigint', { name: 'billed_octets' })
  billedOctets!: string;
  @Column('bigint', { name: 'not_counted_octets' })
  notCountedOctets!: string;
  @Column('bigint', { name: 'carried_out_octets' })
  carriedOutOctets!: string;
  @Column('numeric')
  net!: string;
  @Column('numeric')
  tax!: string;
  @Column('numeric')
  amount!: string;
  /** Corrections of earlier statements that this one settles; not within `amount`. */
  @Column('numeric', { name: 'corrections_amount', default: 0 })
  correctionsAmount!: string;
  @Column('text')
  document!: string;
  /** SHA-256 of the document, which holds the hash of the SIM's statement before it. */
  @Column('bytea')
  hash!: Buffer;
  @Column('uuid', { name: 'run_id' })
  runId!: string;
  @ManyToOne(() => ClosingRunEntity, { nullable: false })
  @JoinColumn({ name: 'run_id', foreignKeyConstraintName: 'statement_run_fkey' })
  run!: ClosingRunEntity;
  @Column('timestamptz', { name: 'finalized_at' })
  finalizedAt!: Date;
}

/** What a final statement should have said: never changed, but for the later statement that settles it. */
@Entity('statement_correction')
@Unique('statement_correction_position_key', ['statementNumber', 'position'])
@Index('statement_correction_open_idx', ['simKey'], { where: 'settled_on IS NULL' })
export class StatementCorrectionEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'statement_correction_pkey',
  })
  id!: string;
  @Column('bigint', { name: 'statement_number' })
  statementNumber!: string;
  @ManyToOne(() => StatementEntity, { nullable: false })
  @JoinColumn({ name: 'statement_number', foreignKeyConstraintName: 'statement_correction_statement_fkey' })
  statement!: StatementEntity;
  /** 1, 2, 3… per statement; each corrects what the one before left. */
  @Column('integer')
  position!: number;
  @Column('bigint', { name: 'sim_key' })
  simKey!: string;
  @ManyToOne('SimEntity', { nullable: false })
  @JoinColumn({ name: 'sim_key', foreignKeyConstraintName: 'statement_correction_sim_fkey' })
  sim!: object;
  /** What is due in addition; negative = credit. */
  @Column('numeric')
  amount!: string;
  @Column('bigint', { name: 'carried_out_octets' })
  carriedOutOctets!: string;
  @Column('text')
  document!: string;
  @Column('bytea')
  hash!: Buffer;
  @Column('timestamptz', { name: 'corrected_at' })
  correctedAt!: Date;
  @Column('bigint', { name: 'settled_on', nullable: true })
  settledOn!: string | null;
  @ManyToOne(() => StatementEntity)
  @JoinColumn({ name: 'settled_on', foreignKeyConstraintName: 'statement_correction_settled_fkey' })
  settled!: StatementEntity | null;
}

/** How many octets a SIM may still use before a threshold of its period can be reached. Forgotten when its plan changes. */
@Entity('usage_watch')
export class UsageWatchEntity {
  @PrimaryColumn('bigint', { name: 'sim_key', primaryKeyConstraintName: 'usage_watch_pkey' })
  simKey!: string;
  @ManyToOne('SimEntity', { nullable: false })
  @JoinColumn({ name: 'sim_key', foreignKeyConstraintName: 'usage_watch_sim_fkey' })
  sim!: object;
  @Column('timestamptz', { name: 'period_from' })
  periodFrom!: Date;
  @Column('timestamptz', { name: 'period_to' })
  periodTo!: Date;
  /** Null: none can be reached. */
  @Column('bigint', { nullable: true })
  headroom!: string | null;
}

/** A threshold that a SIM has reached. Its unique key is what tells of each only once. */
@Entity('usage_threshold')
@Index('usage_threshold_group_once_idx', ['groupCode', 'periodFrom', 'span', 'threshold'], {
  unique: true,
  where: 'group_code IS NOT NULL',
})
@Unique('usage_threshold_once_key', ['simKey', 'periodFrom', 'planCode', 'rule', 'span', 'threshold'])
export class UsageThresholdEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'usage_threshold_pkey',
  })
  id!: string;
  @Column('bigint', { name: 'sim_key' })
  simKey!: string;
  @ManyToOne('SimEntity', { nullable: false })
  @JoinColumn({ name: 'sim_key', foreignKeyConstraintName: 'usage_threshold_sim_fkey' })
  sim!: object;
  @Column('text')
  month!: string;
  @Column('timestamptz', { name: 'period_from' })
  periodFrom!: Date;
  @Column('text')
  kind!: string;
  @Column('text', { name: 'plan_code' })
  planCode!: string;
  @Column('integer', { name: 'plan_version' })
  planVersion!: number;
  @Column('text')
  rule!: string;
  /** What the threshold starts anew with. */
  @Column('text')
  span!: string;
  @Column('text')
  threshold!: string;
  @Column('text', { name: 'threshold_limit' })
  limit!: string;
  @Column('text')
  used!: string;
  @Column('timestamptz', { name: 'reached_at' })
  reachedAt!: Date;
  /** Of a pool, which is told of once for all its SIMs. */
  @Column('text', { name: 'group_code', nullable: true })
  groupCode!: string | null;
}

/** A stored month, rated under draft terms of a plan. */
@Entity('simulation')
@Check('simulation_status_check', `"status" IN ('running', 'finished')`)
export class SimulationEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'simulation_pkey' })
  id!: string;
  @Column('text')
  month!: string;
  @Column('text', { name: 'plan_code' })
  planCode!: string;
  /** Null: the terms that were in force. */
  @Column('jsonb', { nullable: true })
  terms!: object | null;
  /** Draft rules of services; null = what was recognised stands. */
  @Column('jsonb', { name: 'service_drafts', nullable: true })
  serviceDrafts!: object[] | null;
  @Column('text')
  status!: 'running' | 'finished' | 'failed';
  /** Null unless it failed. */
  @Column('text', { name: 'failed_because', nullable: true })
  failedBecause!: string | null;
  @Column('integer')
  sims!: number;
  @Column('integer')
  done!: number;
  /** SIMs up to this key are done. */
  @Column('bigint', { name: 'last_sim_key' })
  lastSimKey!: string;
  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;
}

@Entity('simulation_result')
export class SimulationResultEntity {
  @PrimaryColumn('uuid', { name: 'simulation_id', primaryKeyConstraintName: 'simulation_result_pkey' })
  simulationId!: string;
  @ManyToOne(() => SimulationEntity, { nullable: false, onDelete: 'CASCADE' })
  @JoinColumn({ name: 'simulation_id', foreignKeyConstraintName: 'simulation_result_simulation_fkey' })
  simulation!: SimulationEntity;
  @PrimaryColumn('bigint', { name: 'sim_key', primaryKeyConstraintName: 'simulation_result_pkey' })
  simKey!: string;
  /** Null: there was no final statement, and it is compared with what it would be. */
  @Column('bigint', { name: 'statement_number', nullable: true })
  statementNumber!: string | null;
  @Column('numeric', { name: 'billed_amount' })
  billedAmount!: string;
  @Column('bigint', { name: 'billed_free_octets' })
  billedFreeOctets!: string;
  @Column('numeric', { name: 'simulated_amount' })
  simulatedAmount!: string;
  @Column('bigint', { name: 'simulated_free_octets' })
  simulatedFreeOctets!: string;
  @Column('bigint')
  octets!: string;
  /** Octets taken for what draft rules say of the name; null: rated before it was told. */
  @Column('bigint', { name: 'depends_octets', nullable: true })
  dependsOctets!: string | null;
  /** Octets that nothing stored tells more of; null: rated before it was told. */
  @Column('bigint', { name: 'unknown_octets', nullable: true })
  unknownOctets!: string | null;
}

/** A month whose correction was ordered and is not carried out yet. */
@Entity('correction_order')
export class CorrectionOrderEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'correction_order_pkey' })
  month!: string;
  /** Another with each order, so that one that comes while the last is carried out is not taken for done with it. */
  @Column('uuid')
  id!: string;
  @Column('timestamptz', { name: 'ordered_at' })
  orderedAt!: Date;
}

/** How far the drafts of a period have been told of. */
@Entity('draft_run')
export class DraftRunEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'draft_run_pkey' })
  month!: string;
  @PrimaryColumn('text', { name: 'time_zone', primaryKeyConstraintName: 'draft_run_pkey' })
  timeZone!: string;
  @PrimaryColumn('smallint', { name: 'anchor_day', primaryKeyConstraintName: 'draft_run_pkey' })
  anchorDay!: number;
  @PrimaryColumn('text', { primaryKeyConstraintName: 'draft_run_pkey' })
  currency!: string;
  @Column('bigint', { name: 'last_sim_key', default: 0 })
  lastSimKey!: string;
  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;
}

export const billingEntities = [
  DraftRunEntity,
  ClosingRunEntity,
  StatementSeriesEntity,
  StatementEntity,
  StatementCorrectionEntity,
  CorrectionOrderEntity,
  UsageWatchEntity,
  UsageThresholdEntity,
  SimulationEntity,
  SimulationResultEntity,
  FraudAlertEntity,
];
