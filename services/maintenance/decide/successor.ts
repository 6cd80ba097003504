import type { Fault, Sighted } from '../../../domain/fault.js';
import type { NodeUid } from '../../../domain/identifiers.js';
import type { ActiveProcess, NodeState } from '../../../domain/node-state.js';
import { isNewBoot, pastBootsKept } from './boots.js';

/**
 * Whether the node that was seen comes after the one that is known: reports and what becomes of nodes come by different topics.
 * By its boot it can be told only where all boots are remembered.
 *
 * @param known the one that is known
 */
export function isOfSuccessor(
  state: NodeState,
  { nodeUid, bootId }: Sighted,
  known: NodeUid | undefined = state.nodeUid ?? state.process?.context.expected.nodeUid,
): boolean {
  if (nodeUid !== undefined && known !== undefined) return nodeUid !== known;
  if (bootId === undefined || state.bootId === undefined) return false;
  return state.pastBootIds.length < pastBootsKept && isNewBoot(state, bootId);
}

/** Where a fault was reported last, as far as that is another node than the one where it was reported first. */
export function lastSighting({
  openedAt,
  nodeUid,
  bootId,
  reportedAgain,
}: Fault): Sighted & { readonly at: number } {
  const first = {
    ...(nodeUid === undefined ? {} : { nodeUid }),
    ...(bootId === undefined ? {} : { bootId }),
    at: openedAt,
  };
  return reportedAgain ?? first;
}

function isPresent(state: NodeState, { nodeUid, bootId }: Sighted): boolean {
  if (nodeUid !== undefined) return nodeUid === state.nodeUid;
  return bootId !== undefined && bootId === state.bootId;
}

/**
 * Whether a fault outlives a process that ends because its node is gone, or was made anew: it was reported, since the process
 * began, of a node that came after that one. So it outlives one such process at most, since the next one begins later.
 */
export function outlivesItsNode(
  state: NodeState,
  process: ActiveProcess,
  fault: Fault,
  why: 'gone' | 'recreated',
): boolean {
  const seen = lastSighting(fault);
  const { expected, reportedBootId } = process.context;
  if (seen.at < process.startedAt) return false;
  const isReplaced =
    state.nodeUid !== undefined && expected.nodeUid !== undefined && state.nodeUid !== expected.nodeUid;
  if ((isReplaced || why === 'recreated') && isPresent(state, seen)) return true;
  // The one that is there may have come already: what was seen of the one that the process was for is over with it.
  if (!isOfSuccessor(state, seen, expected.nodeUid ?? state.nodeUid)) return false;
  // Whoever found it gone had looked for what was reported.
  return seen.nodeUid !== undefined || state.deleted === true || seen.bootId !== reportedBootId;
}
