import type { ProcessId } from '../../domain/identifiers.js';
import type { KubernetesNode } from '../../adapters/ports/kubernetes.js';
import { changeNode, type Plan } from './change-node.js';
import type { Ending, Next, World } from './effect.js';
import { withdrawRequests } from './effects/ask-pods.js';
import { isEnding, readNode } from './present.js';

/** How a process lets go of a node. */
export interface LettingGo {
  /** Whose requests to the node's pods are taken back. */
  readonly owner: ProcessId;
  /** What to do with the node as it is. */
  readonly plan: (node: KubernetesNode) => Plan;
  readonly whenDone: (before: KubernetesNode, after: KubernetesNode) => Ending;
}

/**
 * Looks whether the node may be let go of; then takes back what was asked of its pods, and after that changes the node,
 * so that no pod is still asked to leave a node that nobody holds. Also where the node itself needs no change any more.
 */
export async function letGo(world: World, { owner, plan, whenDone }: LettingGo): Promise<Next> {
  const node = await readNode(world);
  if (isEnding(node)) return node;
  const early = plan(node);
  if (early.kind === 'settle' && early.status !== 'done') return early;
  return {
    kind: 'act',
    async act() {
      const trouble = await withdrawRequests(world, owner);
      return trouble ?? changeNode(world, node, plan, whenDone);
    },
  };
}
