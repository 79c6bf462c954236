import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { unixMilliseconds } from '../../database/index.js';

/** What an API key sent under an Idempotency-Key, and the answer it got. */
@Entity('api_idempotency')
export class IdempotencyEntity {
  @PrimaryColumn('uuid', { name: 'key_id', primaryKeyConstraintName: 'api_idempotency_pkey' })
  keyId!: string;
  @PrimaryColumn('text', { name: 'idempotency_key', primaryKeyConstraintName: 'api_idempotency_pkey' })
  idempotencyKey!: string;
  /** SHA-256 over method, path, query and exact body. */
  @Column('bytea', { name: 'request_hash' })
  requestHash!: Buffer;
  /** Null while the first request runs. */
  @Column('smallint', { name: 'answer_status', nullable: true })
  answerStatus!: number | null;
  /** Null also where the answer showed a secret. */
  @Column('text', { name: 'answer_body', nullable: true })
  answerBody!: string | null;
  @Column('text', { name: 'answer_location', nullable: true })
  answerLocation!: string | null;
  @Column('timestamptz', { name: 'started_at', transformer: unixMilliseconds })
  startedAt!: number;
  @Index('api_idempotency_expires_at_idx')
  @Column('timestamptz', { name: 'expires_at', transformer: unixMilliseconds })
  expiresAt!: number;
}
