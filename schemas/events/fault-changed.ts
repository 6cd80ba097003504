import { classOfFaultType, type Fault } from '../../domain/fault.js';
import type { CauseId, NodeKey, ProcessId } from '../../domain/identifiers.js';
import { symbolTable } from '../symbol-table.js';
import { nodeToPayload, type NodeNamesPayload } from './node-names.js';

const classes = symbolTable([
  ['hardware', 'HARDWARE'],
  ['system', 'SYSTEM'],
  ['component', 'COMPONENT'],
]);

export interface FaultChangedPayload extends NodeNamesPayload {
  readonly faultId: string;
  readonly type: string;
  readonly class: 'UNKNOWN' | 'HARDWARE' | 'SYSTEM' | 'COMPONENT';
  readonly change: 'UNKNOWN' | 'OPENED' | 'RECURRED' | 'CLEARED';
  readonly at: number;
  readonly openedAt: number;
  readonly openedBy: string;
  readonly sources: readonly string[];
  readonly causedBy: string | null;
  readonly bootId: string | null;
  readonly processId: string | null;
  readonly reason: string | null;
}

export interface FaultChange {
  readonly node: NodeKey;
  /** The fault as it is after the change, or was before it was cleared. */
  readonly fault: Fault;
  readonly change: 'OPENED' | 'RECURRED' | 'CLEARED';
  /** When it was decided, ms. */
  readonly at: number;
  readonly causedBy?: CauseId;
  readonly processId?: ProcessId;
  readonly reason?: string;
}

export function faultToEvent(about: FaultChange): FaultChangedPayload {
  const { fault, change } = about;
  const { cluster, node } = nodeToPayload(about.node);
  return {
    cluster,
    node,
    faultId: fault.id,
    type: fault.type,
    class: classes.toSymbol(classOfFaultType[fault.type]),
    change,
    at: about.at,
    openedAt: fault.openedAt,
    openedBy: fault.openedBy,
    sources: fault.sources,
    causedBy: about.causedBy ?? null,
    bootId: fault.bootId ?? null,
    processId: about.processId ?? null,
    reason: about.reason ?? null,
  };
}
