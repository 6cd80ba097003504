import { faultTypes, type Fault, type FaultType, type Sighted } from '../../../domain/fault.js';
import type { BootId, NodeUid, ReportId } from '../../../domain/identifiers.js';
import type { JsonObject } from '../../../domain/json.js';
import type { FaultReference, NodeState } from '../../../domain/node-state.js';
import type { Report } from '../../../domain/report.js';
import { record, type Draft } from './draft.js';
import { markedIfFlapping, withClear } from './flapping.js';
import { faultIdOf } from './identities.js';

/** Sources whose sequences are remembered, per node. */
const sourcesKept = 16;

export function openFaults(state: NodeState): readonly Fault[] {
  return faultTypes.map((type) => state.faults[type]).filter((fault): fault is Fault => fault !== undefined);
}

/** A fault as a fact tells it. */
export function faultData(fault: Fault): JsonObject {
  return { ...fault };
}

/** Whether a fault that is to be mended was reported on this boot although it is older: then no look shows a well node. */
export function hasOutlived(state: NodeState, bootId: BootId | undefined): boolean {
  return openFaults(state).some(
    ({ left, outlived }) => left === undefined && outlived !== undefined && outlived === bootId,
  );
}

export function referenceTo(fault: Fault): FaultReference {
  return { id: fault.id, type: fault.type, openedBy: fault.openedBy };
}

function withoutFault(state: NodeState, type: FaultType): NodeState {
  const { [type]: _closed, ...faults } = state.faults;
  return { ...state, faults };
}

/** What a source said last about a fault that is over: everything before is stale. */
function rememberSequence(
  state: NodeState,
  said: {
    readonly source: string;
    readonly bootId?: string | undefined;
    readonly sequence?: number | undefined;
  },
): NodeState {
  const { source, bootId, sequence } = said;
  if (sequence === undefined) return state;
  const { [source]: _earlier, ...others } = state.clearedSequences;
  const kept = Object.entries(others).slice(-(sourcesKept - 1));
  return {
    ...state,
    clearedSequences: {
      ...Object.fromEntries(kept),
      [source]: {
        sequence,
        ...(bootId === undefined ? {} : { bootId: bootId as Report['bootId'] & string }),
      },
    },
  };
}

/**
 * Closes a fault: its last source cleared it, its process dealt with it, or its node is gone.
 * @param more.over what the state of a fault that is over is besides
 */
export function closeFault(
  draft: Draft,
  fault: Fault,
  how: string,
  more: { readonly report?: Report; readonly over?: (state: NodeState) => NodeState } = {},
): void {
  const { report, over } = more;
  record(
    draft,
    {
      type: 'FaultCleared',
      ...(draft.state.process === undefined ? {} : { processId: draft.state.process.id }),
      data: { fault: faultData(fault), reason: how },
    },
    (state) => {
      const source = report?.source ?? fault.sources[fault.sources.length - 1] ?? '';
      const said = report ?? { source, bootId: fault.bootId, sequence: fault.sequence };
      const closed = rememberSequence(withoutFault(state, fault.type), { ...said, source });
      const after = over?.(closed) ?? closed;
      return report === undefined ? after : withClear(after, fault.type, draft.at);
    },
  );
}

/** The condition that a report speaks of, where its source names one. */
export function conditionOf({ evidence }: Report): Pick<Fault, 'stillFiring'> {
  const condition = evidence?.['condition'];
  const status = evidence?.['status'];
  return condition !== undefined && (status === 'True' || status === 'False' || status === 'Unknown')
    ? { stillFiring: { condition, status } }
    : {};
}

/** The node that a report is about; detectors name it, agents know their boot. */
export function sightedBy({ bootId, evidence }: Report): Sighted {
  const nodeUid = evidence?.['nodeUid'];
  return {
    ...(nodeUid === undefined ? {} : { nodeUid: nodeUid as NodeUid }),
    ...(bootId === undefined ? {} : { bootId }),
  };
}

/**
 * Whether it is seen on the Node object, so that it is seen again on the next one: a condition shows it, or whoever told of it
 * named the object. Whether a node is Ready is nothing but that.
 */
export function isSeenOnNode({
  type,
  nodeUid,
  stillFiring,
}: Pick<Fault, 'type' | 'nodeUid' | 'stillFiring'>): boolean {
  return type === 'NodeNotReady' || nodeUid !== undefined || stillFiring !== undefined;
}

/** The fault as one to be handled again, with what is said of it now. */
export function takenUpAgain(state: NodeState, fault: Fault, said: Partial<Fault> = {}): NodeState {
  const { left: _left, outlived: _outlived, late: _late, ...open } = fault;
  return { ...state, faults: { ...state.faults, [fault.type]: { ...open, ...said } } };
}

export function openFault(draft: Draft, type: FaultType, report: Report): Fault {
  const opened: Fault = {
    id: faultIdOf(draft.state.node, draft.state.version + 1, draft.rules),
    type,
    openedAt: draft.at,
    openedBy: report.id,
    sources: [report.source],
    ...sightedBy(report),
    ...(report.sequence === undefined ? {} : { sequence: report.sequence }),
    ...conditionOf(report),
    ...(draft.input.late === true ? { late: true as const } : {}),
  };
  return recordOpened(draft, opened, report);
}

/**
 * Says that a fault is open.
 * @param said by whom, and because of which report where that is not what is decided
 * @param also what the state is besides
 */
export function recordOpened(
  draft: Draft,
  opened: Fault,
  { source, message, causedBy }: Pick<Report, 'source' | 'message'> & { readonly causedBy?: ReportId },
  also: (state: NodeState) => NodeState = (state) => state,
): Fault {
  const fault = markedIfFlapping(draft.state, opened, draft.at);
  record(
    draft,
    {
      type: 'FaultOpened',
      data: { fault: faultData(fault), source, ...(message === undefined ? {} : { message }) },
      ...(causedBy === undefined ? {} : { causedBy }),
    },
    (state) => also({ ...state, faults: { ...state.faults, [fault.type]: fault } }),
  );
  return fault;
}
