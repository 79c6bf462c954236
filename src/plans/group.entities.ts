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
import { PlanVersionEntity } from './entities.js';

/** SIMs that share a quota. Its pool never changes: statements rest on it. */
@Entity('sim_group')
export class SimGroupEntity {
  @PrimaryGeneratedColumn('identity', {
    name: 'group_key',
    type: 'integer',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'sim_group_pkey',
  })
  groupKey!: number;
  @Column('text')
  @Unique('sim_group_code_key', ['code'])
  code!: string;
  @Column('text')
  name!: string;
  /** Null: the sum of the quotas of the SIMs in it. */
  @Column('bigint', { name: 'pool_octets', nullable: true })
  poolOctets!: string | null;
  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}

/** A SIM is in a group from one instant (inclusive) to another (exclusive; null = still). */
@Entity('sim_group_member')
@Check('sim_group_member_order_check', `"ends_at" > "starts_at"`)
@Exclusion(
  'sim_group_member_no_overlap',
  `USING gist ("sim_key" WITH =, tstzrange("starts_at", "ends_at") WITH &&)`,
)
@Index('sim_group_member_sim_idx', ['simKey', 'startsAt'])
@Index('sim_group_member_group_idx', ['groupKey', 'startsAt'])
export class SimGroupMemberEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'sim_group_member_pkey',
  })
  id!: string;
  @Column('integer', { name: 'group_key' })
  groupKey!: number;
  @ManyToOne(() => SimGroupEntity, { nullable: false })
  @JoinColumn({ name: 'group_key', foreignKeyConstraintName: 'sim_group_member_group_fkey' })
  group!: SimGroupEntity;
  @Column('bigint', { name: 'sim_key' })
  simKey!: string;
  @ManyToOne('SimEntity', { nullable: false })
  @JoinColumn({ name: 'sim_key', foreignKeyConstraintName: 'sim_group_member_sim_fkey' })
  sim!: object;
  @Column('timestamptz', { name: 'starts_at' })
  startsAt!: Date;
  @Column('timestamptz', { name: 'ends_at', nullable: true })
  endsAt!: Date | null;
  /** Counts changes of this row, for ETags. */
  @Column('integer')
  version!: number;
}

/** A pack as it was sold: what the plan said of it then. */
@Entity('pack_purchase')
@Check('pack_purchase_use_check', `"use" IN ('before_quota', 'after_quota')`)
@Index('pack_purchase_sim_idx', ['simKey', 'toHour'])
export class PackPurchaseEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'pack_purchase_pkey',
  })
  id!: string;
  @Column('bigint', { name: 'sim_key' })
  simKey!: string;
  @ManyToOne('SimEntity', { nullable: false })
  @JoinColumn({ name: 'sim_key', foreignKeyConstraintName: 'pack_purchase_sim_fkey' })
  sim!: object;
  @Column('integer', { name: 'plan_version_id' })
  planVersionId!: number;
  @ManyToOne(() => PlanVersionEntity, { nullable: false })
  @JoinColumn({ name: 'plan_version_id', foreignKeyConstraintName: 'pack_purchase_version_fkey' })
  planVersion!: PlanVersionEntity;
  @Column('text')
  code!: string;
  /** JSON pointer within the plan version's terms. */
  @Column('text')
  rule!: string;
  @Column('bigint')
  octets!: string;
  @Column('text')
  price!: string;
  @Column('text')
  use!: 'before_quota' | 'after_quota';
  @Column('timestamptz', { name: 'bought_at' })
  boughtAt!: Date;
  /** UTC hours that it covers: from inclusive, to exclusive. */
  @Column('timestamptz', { name: 'from_hour' })
  fromHour!: Date;
  @Column('timestamptz', { name: 'to_hour' })
  toHour!: Date;
  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
