import type { PodReference } from '../../domain/command.js';
import type { NodeKey, NodeUid, ProcessId } from '../../domain/identifiers.js';

/** A process asks for pods to leave a node. */
export interface MigrationRequest {
  readonly requestId: string;
  readonly processId: ProcessId;
  readonly node: NodeKey;
  readonly nodeUid?: NodeUid;
  readonly pods: readonly PodReference[];
  readonly reason: string;
  /** ms from `announcedAt`; after it nothing is evicted for this request. */
  readonly deadlineMs: number;
  /** `ce_id` of its record: what replies follow from. */
  readonly eventId?: string;
  /** When the log took the request, in the installation's time, ms. */
  readonly announcedAt: number;
}
