import {
  Column,
  Entity,
  Exclusion,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  Check,
  Unique,
} from 'typeorm';

/** One address space; see `RealmView`. */
@Entity('realm')
@Unique('realm_mirror_key', ['mirrorType', 'outerSource', 'outerDestination', 'mirrorKey'])
@Check('realm_index_check', `"realm_index" BETWEEN 1 AND 65535`)
@Check('realm_retention_check', `"retention_days" >= 0`)
export class RealmEntity {
  /** Never given twice: flow records and suspense name realms by it. */
  @PrimaryGeneratedColumn('identity', {
    name: 'realm_index',
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'realm_pkey',
  })
  realmIndex!: number;
  @Column('text')
  @Unique('realm_name_key', ['name'])
  name!: string;
  @Column('text', { name: 'mirror_type' })
  mirrorType!: string;
  @Column('inet', { name: 'outer_source', nullable: true })
  outerSource!: string | null;
  @Column('inet', { name: 'outer_destination', nullable: true })
  outerDestination!: string | null;
  @Column('bigint', { name: 'mirror_key', nullable: true })
  mirrorKey!: string | null;
  @Column('cidr', { name: 'subscriber_prefixes', array: true })
  subscriberPrefixes!: string[];
  @Column('inet', { array: true })
  resolvers!: string[];
  @Column('boolean', { name: 'share_names' })
  shareNames!: boolean;
  @Column('integer', { name: 'retention_days' })
  retentionDays!: number;
  @Column('integer')
  version!: number;
  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}

/** A SIM. `simKey` is what usage names; `simId` is the operator's own id. */
@Entity('sim')
@Index('sim_iccid_idx', ['iccid'])
@Index('sim_msisdn_idx', ['msisdn'])
export class SimEntity {
  @PrimaryGeneratedColumn('identity', {
    name: 'sim_key',
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'sim_pkey',
  })
  simKey!: string;
  @Column('text', { name: 'sim_id' })
  @Unique('sim_sim_id_key', ['simId'])
  simId!: string;
  @Column('text', { nullable: true })
  iccid!: string | null;
  @Column('text', { nullable: true })
  msisdn!: string | null;
  @Column('text', { nullable: true })
  name!: string | null;
  @Column('boolean', { name: 'name_consent' })
  nameConsent!: boolean;
  @Column('text')
  status!: string;
  @Column('jsonb')
  tags!: Record<string, string>;
  @Column('integer')
  version!: number;
  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}

/** An IMSI belongs to one SIM at a time; a SIM may have several. */
@Entity('sim_imsi')
export class SimImsiEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'sim_imsi_pkey' })
  imsi!: string;
  @Column('bigint', { name: 'sim_key' })
  @Index('sim_imsi_sim_idx')
  simKey!: string;
  @ManyToOne(() => SimEntity, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'sim_key', foreignKeyConstraintName: 'sim_imsi_sim_fkey' })
  sim!: SimEntity;
}

/** One SIM held one prefix of one realm from one instant (inclusive) to another (exclusive; null = still). */
@Entity('session')
@Check('session_order_check', `"end_time" > "start_time"`)
@Check('session_mcc_check', `"mcc" ~ '^[0-9]{3}$'`)
@Exclusion(
  'session_no_overlap',
  `USING gist (hashtextextended("prefix"::text, "realm_index") WITH =, tstzrange("start_time", "end_time") WITH &&)`,
)
@Index('session_prefix_idx', ['prefix'], { type: 'spgist' })
@Index('session_sim_idx', ['simKey', 'startTime'])
@Index('session_revision_idx', ['revision', 'id'])
export class SessionEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'session_pkey',
  })
  id!: string;
  @Column('bigint', { name: 'sim_key' })
  simKey!: string;
  @ManyToOne(() => SimEntity, { nullable: false })
  @JoinColumn({ name: 'sim_key', foreignKeyConstraintName: 'session_sim_fkey' })
  sim!: SimEntity;
  @Column('integer', { name: 'realm_index' })
  realmIndex!: number;
  @ManyToOne(() => RealmEntity, { nullable: false })
  @JoinColumn({ name: 'realm_index', foreignKeyConstraintName: 'session_realm_fkey' })
  realm!: RealmEntity;
  @Column('cidr')
  prefix!: string;
  @Column('timestamptz', { name: 'start_time' })
  startTime!: Date;
  @Column('timestamptz', { name: 'end_time', nullable: true })
  endTime!: Date | null;
  @Column('inet', { name: 'dns_servers', array: true })
  dnsServers!: string[];
  /** Mobile country code of the visited network (ITU-T E.212); null = unknown. */
  @Column('text', { nullable: true })
  mcc!: string | null;
  /** Of the topic `sessions`, at the last change. */
  @Column('bigint')
  revision!: string;
}

/** A session that was deleted, for those who follow changes. */
@Entity('session_tombstone')
export class SessionTombstoneEntity {
  @PrimaryColumn('bigint', { name: 'session_id', primaryKeyConstraintName: 'session_tombstone_pkey' })
  sessionId!: string;
  @Column('bigint')
  @Index('session_tombstone_revision_idx')
  revision!: string;
  @Column('timestamptz', { name: 'deleted_at', default: () => 'now()' })
  deletedAt!: Date;
}

export const simsEntities = [RealmEntity, SimEntity, SimImsiEntity, SessionEntity, SessionTombstoneEntity];
