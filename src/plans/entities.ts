import {
  Check,
  Column,
  Entity,
  Exclusion,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryGeneratedColumn,
  Unique,
} from 'typeorm';
import type { PlanTerms } from './terms.js';

@Entity('plan')
export class PlanEntity {
  @PrimaryGeneratedColumn('identity', {
    name: 'plan_key',
    type: 'integer',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'plan_pkey',
  })
  planKey!: number;
  @Column('text')
  @Unique('plan_code_key', ['code'])
  code!: string;
  @Column('text')
  name!: string;
  /** Counts changes of this row, for ETags; not a plan version. */
  @Column('integer')
  version!: number;
  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}

/** In force from `effectiveFrom` until the next version's. Never updated (trigger). */
@Entity('plan_version')
@Unique('plan_version_number_key', ['planKey', 'version'])
@Unique('plan_version_effective_key', ['planKey', 'effectiveFrom'])
export class PlanVersionEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'plan_version_pkey',
  })
  id!: number;
  @Column('integer', { name: 'plan_key' })
  planKey!: number;
  @ManyToOne(() => PlanEntity, { nullable: false })
  @JoinColumn({ name: 'plan_key', foreignKeyConstraintName: 'plan_version_plan_fkey' })
  plan!: PlanEntity;
  @Column('integer')
  version!: number;
  @Column('timestamptz', { name: 'effective_from' })
  effectiveFrom!: Date;
  @Column('jsonb')
  terms!: PlanTerms;
  /** Of the terms: what periods are closed by. */
  @Column('text', { name: 'time_zone' })
  timeZone!: string;
  @Column('smallint', { name: 'anchor_day' })
  anchorDay!: number;
  @Column('text')
  currency!: string;
  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}

/** A SIM is on a plan from one instant (inclusive) to another (exclusive; null = still). */
@Entity('subscription')
@Check('subscription_order_check', `"ends_at" > "starts_at"`)
@Exclusion(
  'subscription_no_overlap',
  `USING gist ("sim_key" WITH =, tstzrange("starts_at", "ends_at") WITH &&)`,
)
@Index('subscription_sim_idx', ['simKey', 'startsAt'])
@Index('subscription_plan_idx', ['planKey'])
export class SubscriptionEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'subscription_pkey',
  })
  id!: string;
  @Column('bigint', { name: 'sim_key' })
  simKey!: string;
  @ManyToOne('SimEntity', { nullable: false })
  @JoinColumn({ name: 'sim_key', foreignKeyConstraintName: 'subscription_sim_fkey' })
  sim!: object;
  @Column('integer', { name: 'plan_key' })
  planKey!: number;
  @ManyToOne(() => PlanEntity, { nullable: false })
  @JoinColumn({ name: 'plan_key', foreignKeyConstraintName: 'subscription_plan_fkey' })
  plan!: PlanEntity;
  /** Null: follows the plan's versions. Else this one holds, whatever comes after it. */
  @Column('integer', { name: 'pinned_version', nullable: true })
  pinnedVersion!: number | null;
  @Column('timestamptz', { name: 'starts_at' })
  startsAt!: Date;
  @Column('timestamptz', { name: 'ends_at', nullable: true })
  endsAt!: Date | null;
  /** Counts changes of this row, for ETags. */
  @Column('integer')
  version!: number;
  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}
