import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What the last sync saw of a SIM of SORACOM; see `SimState`. */
@Entity('soracom_sim')
@Index('soracom_sim_sim_idx', ['simId'])
@Index('soracom_sim_compared_idx', ['account', 'comparedUntil'])
export class SoracomSimEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'soracom_sim_pkey' })
  account!: string;
  @PrimaryColumn('text', { name: 'soracom_sim_id', primaryKeyConstraintName: 'soracom_sim_pkey' })
  soracomSimId!: string;
  @Column('text', { name: 'sim_id' })
  simId!: string;
  @Column('text')
  fingerprint!: string;
  @Column('timestamptz', { name: 'synced_until' })
  syncedUntil!: Date;
  @Column('jsonb')
  open!: unknown;
  /** The last UTC day that was compared with SORACOM's statistics. */
  @Column('date', { name: 'compared_until', nullable: true })
  comparedUntil!: string | null;
}

/** A SIM that SORACOM has told of: the next look goes to it. */
@Entity('soracom_wish')
@Index('soracom_wish_wanted_idx', ['wantedAt'])
export class SoracomWishEntity {
  /** `sim:` and SORACOM's id of the SIM, `imsi:` and an IMSI, or `compare:` and Countfree's id of a SIM or nothing. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'soracom_wish_pkey' })
  key!: string;
  @Column('timestamptz', { name: 'wanted_at' })
  wantedAt!: Date;
}

/** One UTC day of a SIM: what the mirror counted, and what SORACOM did; see `ComparedDay`. */
@Entity('soracom_day')
@Index('soracom_day_untold_idx', ['account'], { where: 'outside AND NOT told' })
export class SoracomDayEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'soracom_day_pkey' })
  account!: string;
  @PrimaryColumn('date', { primaryKeyConstraintName: 'soracom_day_pkey' })
  day!: string;
  @PrimaryColumn('text', { name: 'sim_id', primaryKeyConstraintName: 'soracom_day_pkey' })
  simId!: string;
  @Column('bigint', { name: 'mirror_octets' })
  mirrorOctets!: string;
  @Column('bigint', { name: 'waiting_octets' })
  waitingOctets!: string;
  @Column('bigint', { name: 'soracom_octets' })
  soracomOctets!: string;
  @Column('boolean')
  outside!: boolean;
  /** Whether an event has told of it. */
  @Column('boolean')
  told!: boolean;
  @Column('timestamptz', { name: 'compared_at' })
  comparedAt!: Date;
}
