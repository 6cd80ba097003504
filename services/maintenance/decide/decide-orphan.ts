import type { ActiveProcess, ProcessContext } from '../../../domain/node-state.js';
import type { Orphan } from '../../../domain/signal.js';
import { activeVersion, begin } from '../../../workflows/catalog.js';
import { modeOf } from '../../../workflows/policy.js';
import { nextEvent, record, type Draft } from './draft.js';
import { processIdOf } from './identities.js';
import { follow } from './process.js';

/** So many isolated nodes without a process may be lost one by one; more of them mean that the journal is the wrong one. */
const returnedUnasked = 3;
const faultType = 'Undetermined';

/**
 * The node is isolated, and no process of this journal did it. That is told; where the taint is ours and nothing else
 * goes on, a process begins that gives the node back when it is well, or asks a person.
 */
export function decideOrphan(draft: Draft, orphan: Orphan): void {
  const { process, deleted } = draft.state;
  const { owner, processId, atOnce } = orphan;
  if (processId !== undefined && process?.id === processId) {
    record(draft, { type: 'SignalIgnoredAsStale', processId, data: { what: `orphan of ${owner}` } });
    return;
  }
  record(draft, {
    type: 'IsolationOrphaned',
    data: { owner, ours: processId !== undefined, atOnce },
  });
  if (processId === undefined || process !== undefined || deleted === true) return;
  startReclaim(draft, { ...orphan, processId });
}

function startReclaim(draft: Draft, orphan: Orphan & Required<Pick<Orphan, 'processId'>>): void {
  const { policy } = draft.rules;
  const { nodeUid, machineId, processId: reclaims, owner } = orphan;
  const id = processIdOf(draft.state.node, draft.state.version + 1, draft.rules);
  const context: ProcessContext = {
    processId: id,
    faultType,
    stageEntry: 0,
    enteredAt: draft.at,
    mode: modeOf(policy, draft.state, faultType),
    recipe: policy.recipes[faultType],
    expected: { nodeUid, ...(machineId === undefined ? {} : { machineId }) },
    isolated: true,
    reclaims,
    pods: [],
    open: [],
    healthy: 0,
    ...(orphan.atOnce > returnedUnasked ? { exhausted: true as const } : {}),
  };
  const workflowVersion = activeVersion.reclaim;
  const started: Omit<ActiveProcess, 'stage' | 'context'> = {
    id,
    workflow: 'reclaim',
    workflowVersion,
    startedAt: draft.at,
    faults: [],
    rung: 0,
    enteredBy: nextEvent(draft),
  };
  const step = begin('reclaim', workflowVersion, context);
  record(
    draft,
    {
      type: 'ProcessStarted',
      processId: id,
      data: { workflow: 'reclaim', faultType, mode: context.mode, policy: policy.version, owner },
    },
    (state) => ({ ...state, process: { ...started, stage: 'assessing', context } }),
  );
  follow(draft, step);
}
