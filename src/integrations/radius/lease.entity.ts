import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** TypeORM writes into the options that it is given, so each column gets its own. */
const KEY = { primaryKeyConstraintName: 'radius_lease_pkey' } as const;

/** One prefix of one RADIUS accounting session; see `Lease`. */
@Entity('radius_lease')
@Check('radius_lease_order_check', `"end_time" > "start_time"`)
@Check('radius_lease_problem_check', `problem IN ('unknown_sim', 'refused', 'conflict')`)
@Index('radius_lease_open_idx', ['realm', 'nas'], { where: 'end_time IS NULL' })
@Index('radius_lease_problem_idx', ['realm', 'nas', 'acctSessionId', 'prefix'], {
  where: 'problem IS NOT NULL',
})
@Index('radius_lease_seen_idx', ['seenAt'])
export class RadiusLeaseEntity {
  @PrimaryColumn('text', { ...KEY })
  realm!: string;
  @PrimaryColumn('text', { ...KEY })
  nas!: string;
  @PrimaryColumn('text', { name: 'acct_session_id', ...KEY })
  acctSessionId!: string;
  @PrimaryColumn('cidr', { ...KEY })
  prefix!: string;
  @Column('text', { nullable: true })
  imsi!: string | null;
  @Column('text', { nullable: true })
  iccid!: string | null;
  @Column('text', { nullable: true })
  msisdn!: string | null;
  @Column('timestamptz', { name: 'start_time' })
  startTime!: Date;
  @Column('timestamptz', { name: 'end_time', nullable: true })
  endTime!: Date | null;
  @Column('text', { name: 'sim_id', nullable: true })
  simId!: string | null;
  @Column('timestamptz', { name: 'stored_start', nullable: true })
  storedStart!: Date | null;
  @Column('text', { nullable: true })
  problem!: string | null;
  @Column('text', { nullable: true })
  detail!: string | null;
  @Column('text', { nullable: true })
  mcc!: string | null;
  @Column('boolean', { default: false })
  continues!: boolean;
  @Column('timestamptz', { name: 'seen_at' })
  seenAt!: Date;
}
