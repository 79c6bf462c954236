export { WebhookDeliveries, type AttemptView, type DeliveryView } from './deliveries.service.js';
export { OutboxDispatcher } from './dispatcher.js';
export { WebhookEndpoints, type EndpointView, type EndpointWithKey } from './endpoints.service.js';
export { webhooksEntities } from './entities.js';
export {
  EVENT_TYPES,
  TEST_EVENT_TYPE,
  type AppendedEvent,
  type EventType,
  type OutboxEvent,
} from './events.js';
export { Outbox } from './outbox.js';
export { STANDARD_SCHEDULE } from './schedule.js';
export * from './schemas.js';
export { DEFAULT_WEBHOOK_SETTINGS, WEBHOOK_SETTINGS, type WebhookSettings } from './settings.js';
export { WebhooksModule } from './webhooks.module.js';
