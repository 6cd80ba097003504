import type { JsonPatch, KubernetesNode } from '../../adapters/ports/kubernetes.js';
import type { Ending, World } from './effect.js';
import { endingOf, isEnding, readNode } from './present.js';

/** What to do with a node as it was read: a patch that holds only for it, or an end. */
export type Plan = { readonly kind: 'patch'; readonly patch: JsonPatch } | Ending;

/** A heartbeat may come between; more often than this is no coincidence. */
const rereads = 5;

/**
 * Plans and patches; when the node changed in between, reads it again and plans anew, so that nothing is decided by
 * what is no longer so.
 */
export async function changeNode(
  world: World,
  asRead: KubernetesNode,
  plan: (node: KubernetesNode) => Plan,
  whenDone: (before: KubernetesNode, after: KubernetesNode) => Ending,
): Promise<Ending> {
  let node = asRead;
  for (let round = 0; ; round += 1) {
    const planned = plan(node);
    if (planned.kind !== 'patch') return planned;
    const answer = await world.cluster.patchNode(world.nodeName, planned.patch);
    if (answer.kind === 'ok') return whenDone(node, answer.value);
    const changed = answer.kind === 'conflict' || answer.kind === 'unprocessable';
    if (!changed || round >= rereads) return endingOf(answer);
    const again = await readNode(world);
    if (isEnding(again)) return again;
    node = again;
  }
}
