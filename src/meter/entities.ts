import { Column, Entity, Index, PrimaryColumn, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** A capture batch whose usage is in the ledger. Its unique key is what makes delivery exactly once. */
@Entity('ledger_batch')
@Unique('ledger_batch_delivery_key', ['source', 'generation', 'sequence'])
export class LedgerBatchEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'ledger_batch_pkey',
  })
  id!: string;
  @Column('text')
  source!: string;
  @Column('text')
  generation!: string;
  @Column('bigint')
  sequence!: string;
  @Column('bigint', { nullable: true })
  epoch!: string | null;
  @Column('bigint', { name: 'flow_octets' })
  flowOctets!: string;
  @Column('integer', { name: 'usage_entries' })
  usageEntries!: number;
  @Column('timestamptz', { name: 'first_time', nullable: true })
  firstTime!: Date | null;
  @Column('timestamptz', { name: 'last_time', nullable: true })
  lastTime!: Date | null;
  @Column('timestamptz', { name: 'received_at' })
  receivedAt!: Date;
}

/** Why octets were taken for a service; see `Decision` in src/identify. Its unique key treats nulls as equal. */
@Entity('usage_reason')
@Unique('usage_reason_key', [
  'serviceVersionId',
  'claimedServiceCode',
  'evidence',
  'rule',
  'name',
  'agreed',
  'mcc',
])
export class UsageReasonEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'usage_reason_pkey',
  })
  id!: number;
  @Column('integer', { name: 'service_version_id', nullable: true })
  serviceVersionId!: number | null;
  @Column('text', { name: 'claimed_service_code', nullable: true })
  claimedServiceCode!: string | null;
  @Column('text')
  evidence!: string;
  @Column('text', { nullable: true })
  rule!: string | null;
  @Column('text', { nullable: true })
  name!: string | null;
  @Column('boolean', { nullable: true })
  agreed!: boolean | null;
  /** Visited network (ITU-T E.212); null = unknown. */
  @Column('text', { nullable: true })
  mcc!: string | null;
  /** The same reason without its name; set when names are forgotten. */
  @Column('integer', { name: 'nameless_id', nullable: true })
  namelessId!: number | null;
  /** Since when no bucket has this reason; it is deleted a day later, unless it is used again. */
  @Column('timestamptz', { name: 'retired_at', nullable: true })
  retiredAt!: Date | null;
}

/** Octets and packets by direction, as every bucket carries them. */
abstract class Counters {
  @Column('bigint', { name: 'octets_up' })
  octetsUp!: string;
  @Column('bigint', { name: 'octets_down' })
  octetsDown!: string;
  @Column('bigint', { name: 'packets_up' })
  packetsUp!: string;
  @Column('bigint', { name: 'packets_down' })
  packetsDown!: string;
}

/** Octets of (SIM, hour, reason). Partitioned by month of `hour` (UTC). */
@Entity('usage_bucket')
export class UsageBucketEntity extends Counters {
  @PrimaryColumn('bigint', { name: 'sim_key', primaryKeyConstraintName: 'usage_bucket_pkey' })
  simKey!: string;
  @PrimaryColumn('timestamptz', { primaryKeyConstraintName: 'usage_bucket_pkey' })
  hour!: Date;
  @PrimaryColumn('integer', { name: 'reason_id', primaryKeyConstraintName: 'usage_bucket_pkey' })
  reasonId!: number;
  /** The latest batch that added to the bucket; null where only a binding of suspense did. */
  @Column('bigint', { name: 'last_batch_id', nullable: true })
  lastBatchId!: string | null;
}

/** Octets of an address that no session held when they were metered. */
@Entity('suspense_bucket')
export class SuspenseBucketEntity extends Counters {
  @PrimaryColumn('integer', { name: 'realm_index', primaryKeyConstraintName: 'suspense_bucket_pkey' })
  realmIndex!: number;
  @PrimaryColumn('inet', { primaryKeyConstraintName: 'suspense_bucket_pkey' })
  address!: string;
  @Index('suspense_bucket_hour_idx')
  @PrimaryColumn('timestamptz', { primaryKeyConstraintName: 'suspense_bucket_pkey' })
  hour!: Date;
  @PrimaryColumn('integer', { name: 'reason_id', primaryKeyConstraintName: 'suspense_bucket_pkey' })
  reasonId!: number;
  @Column('timestamptz', { name: 'first_time' })
  firstTime!: Date;
  @Column('timestamptz', { name: 'last_time' })
  lastTime!: Date;
}

/** The record of suspense octets that became a SIM's usage: bound octets show where they came from. */
@Entity('suspense_binding')
@Index('suspense_binding_sim_idx', ['simKey', 'hour'])
export class SuspenseBindingEntity extends Counters {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'suspense_binding_pkey',
  })
  id!: string;
  @Column('bigint', { name: 'session_id' })
  sessionId!: string;
  @Column('bigint', { name: 'sim_key' })
  simKey!: string;
  @Column('integer', { name: 'realm_index' })
  realmIndex!: number;
  @Column('inet')
  address!: string;
  @Column('timestamptz')
  hour!: Date;
  @Column('integer', { name: 'reason_id' })
  reasonId!: number;
  @Column('timestamptz', { name: 'bound_at' })
  boundAt!: Date;
}

/** Packets and octets of a capture source that are on no SIM's account, by hour; also the totals they must add up to. */
@Entity('account_bucket')
export class AccountBucketEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'account_bucket_pkey' })
  source!: string;
  @PrimaryColumn('timestamptz', { primaryKeyConstraintName: 'account_bucket_pkey' })
  hour!: Date;
  @PrimaryColumn('text', { primaryKeyConstraintName: 'account_bucket_pkey' })
  account!: string;
  @Column('bigint')
  packets!: string;
  @Column('bigint')
  octets!: string;
}

/** SIMs whose usage of one hour has changed, and by how much; gone once somebody has looked at them. */
@Entity('usage_touch')
export class UsageTouchEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'usage_touch_pkey',
  })
  id!: string;
  @Column('timestamptz')
  hour!: Date;
  @Column('bigint', { name: 'sim_keys', array: true })
  simKeys!: string[];
  @Column('bigint', { array: true })
  octets!: string[];
}

export const meterEntities = [
  LedgerBatchEntity,
  UsageReasonEntity,
  UsageBucketEntity,
  SuspenseBucketEntity,
  SuspenseBindingEntity,
  AccountBucketEntity,
  UsageTouchEntity,
];
