import type { KubernetesNode, NodeCondition } from '../../adapters/ports/kubernetes.js';
import type { CommandResult, NodeObservation } from '../../domain/command.js';
import type { NodeKey } from '../../domain/identifiers.js';
import type { Happening } from '../world/happening.js';
import type { Invariant } from './invariant.js';

interface Seen {
  /** Healthy looks in a row, the boot they were of, and when the last one that counts was. */
  readonly healthy: number;
  readonly bootId: string | undefined;
  readonly at: number;
}

function isWell({ ready, conditions }: NodeObservation): boolean {
  return ready === 'True' && Object.values(conditions).every((status) => status === 'False');
}

/**
 * 5. A process ends as Recovered only after the node was seen well, as often as the recipe asks, on one boot; and what is
 * said to have been seen was there to be seen. Looks that follow each other at once are one look.
 * @param apartMs least time between two looks
 */
export function recoveryIsObserved(looksNeeded: number, apartMs: number): Invariant {
  const shown = new Map<string, KubernetesNode[]>();
  const seen = new Map<string, Seen>();
  const note = ({ processId, detail: { observation } }: CommandResult, at: number): void => {
    if (observation === undefined) return;
    const before = seen.get(processId);
    const { bootId } = observation;
    const row = before?.bootId === bootId ? before : undefined;
    if (!isWell(observation)) seen.set(processId, { healthy: 0, bootId, at });
    else if (row === undefined || row.healthy === 0) seen.set(processId, { healthy: 1, bootId, at });
    else if (at - row.at >= apartMs) seen.set(processId, { healthy: row.healthy + 1, bootId, at });
  };
  const judge = (happening: Happening, at: number): string | undefined => {
    if (happening.kind === 'looked' && happening.seen !== undefined) {
      remember(shown, happening.by, happening.node, happening.seen);
    } else if (happening.kind === 'let go' && happening.result?.commandType === 'observeNode') {
      const { by, command, result } = happening;
      if (!wasShown(shown.get(`${by} ${command.node}`), result.detail.observation))
        return `${by} says it saw what ${command.node} was not`;
      note(result, at);
    } else if (
      happening.kind === 'published' &&
      happening.record.event.ProcessEnded?.outcome === 'RECOVERED'
    ) {
      const { processId } = happening.record.event.ProcessEnded;
      const healthy = seen.get(processId)?.healthy ?? 0;
      if (healthy < looksNeeded) return `${processId} recovered after ${healthy} healthy looks in a row`;
    }
    return undefined;
  };
  return { name: 'recovery is observed, never concluded from silence', after: judge };
}

function remember(
  shown: Map<string, KubernetesNode[]>,
  by: string,
  node: NodeKey,
  what: KubernetesNode,
): void {
  const key = `${by} ${node}`;
  shown.set(key, [...(shown.get(key) ?? []).slice(-4), what]);
}

function wasShown(
  shown: readonly KubernetesNode[] | undefined,
  observation: NodeObservation | undefined,
): boolean {
  if (observation === undefined) return true;
  return (shown ?? []).some(
    ({ metadata, status }) =>
      metadata.uid === observation.nodeUid &&
      status.nodeInfo?.bootID === observation.bootId &&
      saysTheSame(status.conditions ?? [], observation),
  );
}

/** Of every condition that the node shows, and of no other one. */
function saysTheSame(shown: readonly NodeCondition[], { ready, conditions }: NodeObservation): boolean {
  const said = new Map(Object.entries({ ...conditions, Ready: ready }));
  return said.size === shown.length && shown.every(({ type, status }) => said.get(type) === status);
}
