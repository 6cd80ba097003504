import type { FaultChangedPayload } from './events/fault-changed.js';
import type { MigrationReplyPayload } from './events/migration-reply.js';
import type { MigrationRequestedPayload } from './events/migration-requested.js';
import type { NodeStatePayload } from './events/node-state.js';
import type { PauseChangedPayload } from './events/pause-changed.js';
import type { ProcessEndedPayload } from './events/process-ended.js';
import type { ProcessEventPayload } from './events/process-event.js';
import type { ReportReceivedPayload } from './events/report-received.js';
import type { ReportsDecidedPayload } from './events/reports-decided.js';
import type { SignalPayload } from './events/signal.js';

/** Every event and what its bytes hold. */
export interface EventPayloads {
  ReportReceived: ReportReceivedPayload;
  Signal: SignalPayload;
  FaultChanged: FaultChangedPayload;
  ProcessEvent: ProcessEventPayload;
  ProcessEnded: ProcessEndedPayload;
  MigrationRequested: MigrationRequestedPayload;
  MigrationReply: MigrationReplyPayload;
  ReportsDecided: ReportsDecidedPayload;
  NodeState: NodeStatePayload;
  PauseChanged: PauseChangedPayload;
}

export type EventName = keyof EventPayloads;
