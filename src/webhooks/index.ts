export {
  EVENT_TYPES,
  TEST_EVENT_TYPE,
  type AppendedEvent,
  type EventType,
  type OutboxEvent,
} from './events.js';
export { Outbox } from './outbox.js';
