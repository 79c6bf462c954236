import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What the last sync saw of a SIM of SORACOM; see `SimState`. */
@Entity('soracom_sim')
@Index('soracom_sim_sim_idx', ['simId'])
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
}

/** A SIM that SORACOM has told of: the next look goes to it. */
@Entity('soracom_wish')
@Index('soracom_wish_wanted_idx', ['wantedAt'])
export class SoracomWishEntity {
  /** `sim:` and SORACOM's id of the SIM, or `imsi:` and an IMSI. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'soracom_wish_pkey' })
  key!: string;
  @Column('timestamptz', { name: 'wanted_at' })
  wantedAt!: Date;
}
