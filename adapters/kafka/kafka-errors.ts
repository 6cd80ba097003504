import { LogUnavailable } from '../ports/event-log.js';
import { reasonOf, UnknownTopic } from '../event-log/errors.js';

/** An idempotent producer never recovers from these: it has to be made anew. */
const fatalForProducer = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_ID_MAPPING',
]);

/** One record of the request is at fault, and a request without it would pass. */
const recordAtFault = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
]);

/** Another broker leads the partition, or will in a moment. */
const leaderMoving = new Set([
  'NOT_LEADER_FOR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
]);

/** The broker's own name of an error (`MESSAGE_TOO_LARGE`…), found through KafkaJS's wrappings. */
export function protocolErrorType(error: unknown): string | undefined {
  for (let current = error, depth = 0; current instanceof Error && depth < 10; depth += 1) {
    if ('type' in current && typeof current.type === 'string') return current.type;
    current = current.cause;
  }
  return undefined;
}

export function isFatalForProducer(error: unknown): boolean {
  return fatalForProducer.has(protocolErrorType(error) ?? '');
}

export function isRecordAtFault(error: unknown): boolean {
  return recordAtFault.has(protocolErrorType(error) ?? '');
}

export function isUnknownTopic(error: unknown): boolean {
  return protocolErrorType(error) === 'UNKNOWN_TOPIC_OR_PARTITION';
}

export function isLeaderMoving(error: unknown): boolean {
  return leaderMoving.has(protocolErrorType(error) ?? '');
}

/** The same error in the words of the port. */
export function asLogError(error: unknown, topic?: string): Error {
  if (error instanceof LogUnavailable) return error;
  if (topic !== undefined && isUnknownTopic(error)) return new UnknownTopic(topic, { cause: error });
  return new LogUnavailable(`Kafka: ${reasonOf(error)}`, { cause: error });
}
