import { Column, Entity, PrimaryColumn } from 'typeorm';

/** TypeORM writes into the options that it is given, so each column gets its own. */
const KEY = { primaryKeyConstraintName: 'fraud_alert_pkey' } as const;

/** A finding of the fraud report that an event has told of: once per UTC day. */
@Entity('fraud_alert')
export class FraudAlertEntity {
  @PrimaryColumn('date', { ...KEY })
  day!: string;
  @PrimaryColumn('bigint', { name: 'sim_key', ...KEY })
  simKey!: string;
  @PrimaryColumn('text', { ...KEY })
  kind!: string;
  /** Empty for findings of no service. */
  @PrimaryColumn('text', { name: 'service_code', ...KEY })
  serviceCode!: string;
  @Column('timestamptz', { name: 'told_at' })
  toldAt!: Date;
}
