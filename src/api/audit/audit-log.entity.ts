import { Check, Column, Entity, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';
import { unixMilliseconds } from '../../database/index.js';

/** The beginning or the end of a request, or of a command on the host, that changes something. Never updated or deleted (trigger). */
@Entity('audit_log')
@Unique('audit_log_request_key', ['requestId', 'stage'])
@Check('audit_log_stage_check', `"stage" IN ('begun', 'ended')`)
@Index('audit_log_path_idx', ['path', 'id'])
export class AuditLogEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'audit_log_pkey',
  })
  id!: string;
  @Column('timestamptz', { transformer: unixMilliseconds })
  at!: number;
  @Column('uuid', { name: 'request_id' })
  requestId!: string;
  @Column('text')
  stage!: 'begun' | 'ended';
  /** Null: a command on the host. */
  @Column('uuid', { name: 'key_id', nullable: true })
  keyId!: string | null;
  @Column('text')
  operation!: string;
  @Column('text')
  path!: string;
  /** Body of the request, without secrets; null where there was none. Of `begun` only, as the ones below of `ended`. */
  @Column('jsonb', { nullable: true })
  requested!: unknown;
  /** Null: it ended without an answer of its own (an error that nobody foresaw). */
  @Column('smallint', { nullable: true })
  status!: number | null;
  @Column('jsonb', { nullable: true })
  before!: unknown;
  @Column('jsonb', { nullable: true })
  after!: unknown;
}
