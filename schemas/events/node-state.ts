import type { NodeKey } from '../../domain/identifiers.js';
import type { NodeSummary, ProcessSummary } from '../../domain/node-summary.js';
import { sequenceText } from '../cloud-events.js';
import { symbolTable } from '../symbol-table.js';
import { nodeToPayload, type NodeNamesPayload } from './node-names.js';

const healths = symbolTable([
  ['healthy', 'HEALTHY'],
  ['faulty', 'FAULTY'],
  ['in-maintenance', 'IN_MAINTENANCE'],
  ['waiting', 'WAITING'],
  ['parked', 'PARKED'],
  ['deleted', 'DELETED'],
]);

const modes = symbolTable([
  ['observe', 'OBSERVE'],
  ['active', 'ACTIVE'],
]);

export interface NodeStatePayload extends NodeNamesPayload {
  readonly health: 'UNKNOWN' | 'HEALTHY' | 'FAULTY' | 'IN_MAINTENANCE' | 'WAITING' | 'PARKED' | 'DELETED';
  readonly faults: readonly string[];
  readonly process: {
    readonly processId: string;
    readonly workflow: string;
    readonly stage: string;
    readonly mode: 'UNKNOWN' | 'OBSERVE' | 'ACTIVE';
    readonly startedAt: number;
    readonly waitingFor: string | null;
  } | null;
  readonly factVersion: number;
  readonly sequence: string;
  readonly changedAt: number;
}

function processToPayload({ mode, waitingFor, ...process }: ProcessSummary): NodeStatePayload['process'] {
  return { ...process, mode: modes.toSymbol(mode), waitingFor: waitingFor ?? null };
}

/** @param epoch of the journal, as it is now */
export function summaryToEvent(summary: NodeSummary, epoch: number): NodeStatePayload {
  const { cluster, node, health, faults, process, factVersion, changedAt } = summary;
  return {
    cluster,
    node,
    health: healths.toSymbol(health),
    faults,
    process: process === undefined ? null : processToPayload(process),
    factVersion,
    sequence: sequenceText({ epoch, version: factVersion }),
    changedAt,
  };
}

/** Of a node of which the journal, restored or new, knows nothing. `at`: when that was found, ms. */
export function unknownNodeToEvent(
  node: NodeKey,
  { epoch, at }: { readonly epoch: number; readonly at: number },
): NodeStatePayload {
  return {
    ...nodeToPayload(node),
    health: 'UNKNOWN',
    faults: [],
    process: null,
    factVersion: 0,
    sequence: sequenceText({ epoch, version: 0 }),
    changedAt: at,
  };
}
