import type { PodReference } from '../../../domain/command.js';
import type { PodUid } from '../../../domain/identifiers.js';
import type { KubernetesPod } from '../../../adapters/ports/kubernetes.js';
import { done, type Effect, type Ending, type World } from '../effect.js';
import { endingOf } from '../present.js';
import { referenceTo } from './ask-pods.js';

/** Which of the pods still exist, by UID. An accepted eviction or a namesake says nothing. */
export const observeWorkload: Effect<'observeWorkload'> = async (command, world) => {
  const left = await podsLeft(world, command.parameters.pods);
  return 'ending' in left
    ? left.ending
    : { kind: 'act', act: () => Promise.resolve(done({ pods: left.pods })) };
};

/** Those of the pods that are still bound to the node. A pod never changes its node, so the node's list is all. */
export async function podsLeft(
  world: World,
  uids: readonly PodUid[],
): Promise<{ readonly pods: readonly PodReference[] } | { readonly ending: Ending }> {
  const left = await readPodsLeft(world, uids);
  return 'ending' in left ? left : { pods: left.pods.map(referenceTo) };
}

/** The same, as they were read. */
export async function readPodsLeft(
  world: World,
  uids: readonly PodUid[],
): Promise<{ readonly pods: readonly KubernetesPod[] } | { readonly ending: Ending }> {
  const present = await world.cluster.listPodsOnNode(world.nodeName);
  if (present.kind !== 'ok') return { ending: endingOf(present) };
  const wanted = new Set<string>(uids);
  return { pods: present.value.filter(({ metadata }) => wanted.has(metadata.uid)) };
}
