import type { NodeKey, ProcessId } from '../../domain/identifiers.js';
import type { MigrationReply } from '../../domain/signal.js';
import { storableText } from '../storable-text.js';
import { symbolTable } from '../symbol-table.js';
import { withoutNulls } from '../without-nulls.js';
import { nodeToPayload, payloadToNames, type NodeNamesPayload } from './node-names.js';
import { payloadToPod, podToPayload, type PodReferencePayload } from './pod-reference.js';

const statuses = symbolTable([
  ['accepted', 'ACCEPTED'],
  ['refused', 'REFUSED'],
  ['moved', 'MOVED'],
  ['destroyed', 'DESTROYED'],
]);

export interface MigrationReplyPayload extends NodeNamesPayload {
  readonly requestId: string;
  readonly processId: string;
  readonly pod: PodReferencePayload;
  readonly status: 'UNKNOWN' | 'ACCEPTED' | 'REFUSED' | 'MOVED' | 'DESTROYED';
  readonly by: string;
  readonly reason: string | null;
}

export function replyToEvent(node: NodeKey, reply: MigrationReply): MigrationReplyPayload {
  return {
    requestId: reply.requestId,
    processId: reply.processId,
    ...nodeToPayload(node),
    pod: podToPayload(reply.pod),
    status: statuses.toSymbol(reply.status),
    by: reply.by,
    reason: reply.reason ?? null,
  };
}

/** Throws EventUndecodable when a name is none or the status is not known. Replies come from others: text is made storable. */
export function eventToReply(payload: MigrationReplyPayload): {
  readonly node: NodeKey;
  readonly reply: MigrationReply;
} {
  const pod = payloadToPod({
    namespace: storableText(payload.pod.namespace),
    name: storableText(payload.pod.name),
    uid: storableText(payload.pod.uid),
  });
  const reply = {
    requestId: storableText(payload.requestId),
    processId: storableText(payload.processId) as ProcessId,
    pod,
    status: statuses.fromSymbol(payload.status, { event: 'MigrationReply', path: '$.status' }),
    by: storableText(payload.by),
    ...withoutNulls({ reason: payload.reason === null ? null : storableText(payload.reason) }),
  };
  return { node: payloadToNames('MigrationReply', payload).key, reply };
}
