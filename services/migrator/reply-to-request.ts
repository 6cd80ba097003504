import type { NewRecord } from '../../adapters/ports/event-log.js';
import type { SchemaIds } from '../../adapters/ports/schema-ids.js';
import type { MigrationReply } from '../../domain/signal.js';
import { uuidFrom } from '../../schemas/uuid.js';
import { replyRecord } from '../input-records.js';
import type { MigrationRequest } from './migration-request.js';

/** A reply as a record that follows from the request's. Said again it is the same record: it has the same id. */
export function replyToRequest(
  schemaIds: SchemaIds,
  { node, eventId }: Pick<MigrationRequest, 'node' | 'eventId'>,
  reply: MigrationReply,
  said: { readonly source: string; readonly at: number },
): Promise<NewRecord> {
  return replyRecord(schemaIds, node, reply, {
    ...said,
    id: uuidFrom(`${reply.requestId}\n${reply.pod.uid}\n${reply.status}`),
    correlationId: reply.processId,
    ...(eventId === undefined ? {} : { causationId: eventId }),
  });
}
