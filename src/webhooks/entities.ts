import {
  Check,
  Column,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  Unique,
} from 'typeorm';

/** The last number given to an event of a SIM. */
@Entity('outbox_sequence')
export class OutboxSequenceEntity {
  @PrimaryColumn('text', { name: 'sim_id', primaryKeyConstraintName: 'outbox_sequence_pkey' })
  simId!: string;
  @Column('bigint', { name: 'last_sequence' })
  lastSequence!: string;
}

/** Something that happened, with the exact bytes that tell of it. */
@Entity('outbox_event')
@Unique('outbox_event_message_key', ['messageId'])
@Index('outbox_event_waiting_idx', ['id'], { where: 'dispatched_at IS NULL' })
@Index('outbox_event_sequence_key', ['simId', 'sequence'], { unique: true, where: 'sim_id IS NOT NULL' })
@Index('outbox_event_occurred_idx', ['occurredAt'])
export class OutboxEventEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'outbox_event_pkey',
  })
  id!: string;
  @Column('text', { name: 'message_id' })
  messageId!: string;
  @Column('text')
  type!: string;
  @Column('text', { name: 'sim_id', nullable: true })
  simId!: string | null;
  @Column('bigint', { nullable: true })
  sequence!: string | null;
  @Column('timestamptz', { name: 'occurred_at' })
  occurredAt!: Date;
  @Column('bytea')
  payload!: Buffer;
  @Column('timestamptz', { name: 'dispatched_at', nullable: true })
  dispatchedAt!: Date | null;
}

@Entity('webhook_endpoint')
@Check('webhook_endpoint_ordering_check', `ordering IN ('sim', 'none')`)
@Check('webhook_endpoint_signature_check', `signature IN ('v1', 'v1a')`)
export class WebhookEndpointEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'webhook_endpoint_pkey' })
  id!: string;
  @Column('text')
  url!: string;
  @Column('text')
  description!: string;
  /** Empty = every type. */
  @Column('text', { name: 'event_types', array: true })
  eventTypes!: string[];
  @Column('text')
  ordering!: 'sim' | 'none';
  @Column('text')
  signature!: 'v1' | 'v1a';
  @Column('boolean')
  enabled!: boolean;
  @Column('text', { name: 'disabled_reason', nullable: true })
  disabledReason!: string | null;
  @Column('timestamptz', { name: 'paused_until', nullable: true })
  pausedUntil!: Date | null;
  @Column('integer')
  revision!: number;
  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}

@Entity('webhook_secret')
@Index('webhook_secret_endpoint_idx', ['endpointId'])
export class WebhookSecretEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'webhook_secret_pkey',
  })
  id!: string;
  @Column('uuid', { name: 'endpoint_id' })
  endpointId!: string;
  @ManyToOne(() => WebhookEndpointEntity, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'endpoint_id', foreignKeyConstraintName: 'webhook_secret_endpoint_fkey' })
  endpoint?: WebhookEndpointEntity;
  @Column('text')
  kind!: 'v1' | 'v1a';
  @Column('boolean')
  sealed!: boolean;
  @Column('bytea')
  secret!: Buffer;
  @Column('text', { name: 'public_key', nullable: true })
  publicKey!: string | null;
  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null;
}

/** One event for one endpoint: the only truth about what is still to be sent. */
@Entity('webhook_delivery')
@Unique('webhook_delivery_event_endpoint_key', ['eventId', 'endpointId'])
@Check('webhook_delivery_status_check', `status IN ('pending', 'delivered', 'dead')`)
@Index('webhook_delivery_due_idx', ['endpointId', 'nextAttemptAt', 'id'], {
  where: `status = 'pending' AND NOT parked`,
})
@Index('webhook_delivery_parked_idx', ['endpointId', 'orderKey'], { where: `status = 'pending' AND parked` })
@Index('webhook_delivery_order_idx', ['endpointId', 'orderKey', 'eventId'], { where: `status = 'pending'` })
@Index('webhook_delivery_status_idx', ['endpointId', 'status', 'id'])
export class WebhookDeliveryEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'webhook_delivery_pkey',
  })
  id!: string;
  @Column('bigint', { name: 'event_id' })
  eventId!: string;
  @ManyToOne(() => OutboxEventEntity, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'event_id', foreignKeyConstraintName: 'webhook_delivery_event_fkey' })
  event?: OutboxEventEntity;
  @Column('uuid', { name: 'endpoint_id' })
  endpointId!: string;
  @ManyToOne(() => WebhookEndpointEntity, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'endpoint_id', foreignKeyConstraintName: 'webhook_delivery_endpoint_fkey' })
  endpoint?: WebhookEndpointEntity;
  /** Deliveries of one endpoint with the same key go one after the other; null = any time. */
  @Column('text', { name: 'order_key', nullable: true })
  orderKey!: string | null;
  @Column('text')
  status!: 'pending' | 'delivered' | 'dead';
  /** All tries so far. */
  @Column('integer')
  attempts!: number;
  /** Tries since it was made or last replayed: the place in the retry schedule. */
  @Column('integer')
  tries!: number;
  @Column('timestamptz', { name: 'next_attempt_at', nullable: true })
  nextAttemptAt!: Date | null;
  /** A worker has it until then; if it has not said how it went by then, it died. */
  @Column('timestamptz', { name: 'claimed_until', nullable: true })
  claimedUntil!: Date | null;
  /** Out of the sight of claims, as an earlier delivery of the same key is pending; that one, when it ends, brings it back. */
  @Column('boolean', { default: false })
  parked!: boolean;
  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;
}

/** One try to deliver, as it went. */
@Entity('webhook_attempt')
export class WebhookAttemptEntity {
  @PrimaryColumn('bigint', { name: 'delivery_id', primaryKeyConstraintName: 'webhook_attempt_pkey' })
  deliveryId!: string;
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'webhook_attempt_pkey' })
  number!: number;
  @ManyToOne(() => WebhookDeliveryEntity, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'delivery_id', foreignKeyConstraintName: 'webhook_attempt_delivery_fkey' })
  delivery?: WebhookDeliveryEntity;
  @Column('timestamptz', { name: 'started_at' })
  startedAt!: Date;
  @Column('integer', { name: 'duration_ms' })
  durationMs!: number;
  @Column('integer', { name: 'status_code', nullable: true })
  statusCode!: number | null;
  @Column('text', { nullable: true })
  error!: string | null;
  @Column('jsonb', { name: 'response_headers', nullable: true })
  responseHeaders!: Record<string, string> | null;
  @Column('text', { name: 'response_head', nullable: true })
  responseHead!: string | null;
}

export const webhooksEntities = [
  OutboxSequenceEntity,
  OutboxEventEntity,
  WebhookEndpointEntity,
  WebhookSecretEntity,
  WebhookDeliveryEntity,
  WebhookAttemptEntity,
];
