import {
  Column,
  Entity,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  Unique,
} from 'typeorm';
import type { DestinationRules, EvidencePolicy } from './types.js';

@Entity('service')
@Unique('service_rating_key', ['ratingGroup', 'serviceIdentifier'])
export class ServiceEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'service_pkey' })
  code!: string;
  @Column('text')
  name!: string;
  @Column('text', { name: 'parent_code', nullable: true })
  parentCode!: string | null;
  @ManyToOne(() => ServiceEntity)
  @JoinColumn({ name: 'parent_code', foreignKeyConstraintName: 'service_parent_fkey' })
  parent!: ServiceEntity | null;
  @Column('bigint', { name: 'rating_group' })
  ratingGroup!: string;
  @Column('bigint', { name: 'service_identifier' })
  serviceIdentifier!: string;
  /** Counts changes of this row, for ETags; not a rule version. */
  @Column('integer')
  version!: number;
  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
  @Column('text', { nullable: true })
  sponsor!: string | null;
}

/** In force from `effectiveFrom` until the next version's. Never updated (trigger). */
@Entity('service_version')
@Unique('service_version_number_key', ['serviceCode', 'version'])
@Unique('service_version_effective_key', ['serviceCode', 'effectiveFrom'])
export class ServiceVersionEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'service_version_pkey',
  })
  id!: number;
  @Column('text', { name: 'service_code' })
  serviceCode!: string;
  @ManyToOne(() => ServiceEntity, { nullable: false })
  @JoinColumn({ name: 'service_code', foreignKeyConstraintName: 'service_version_service_fkey' })
  service!: ServiceEntity;
  @Column('integer')
  version!: number;
  @Column('timestamptz', { name: 'effective_from' })
  effectiveFrom!: Date;
  @Column('text')
  policy!: EvidencePolicy;
  @Column('jsonb')
  rules!: DestinationRules;
  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}

export const catalogueEntities = [ServiceEntity, ServiceVersionEntity];
