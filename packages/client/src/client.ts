export type { AnyEvent, EventType, FaultlineEvent } from './event.js';
export type { EventData } from './generated/events.js';
export { subscribeToKafka, type KafkaOptions } from './kafka-subscription.js';
export { subscribeToStream, type StreamOptions } from './stream-subscription.js';
export { SubscriptionFailed, UnreadableRecord, type UnreadableReason } from './problems.js';
export type { Delivery, Subscription, SubscriberOptions, Verdict } from './subscriber.js';
