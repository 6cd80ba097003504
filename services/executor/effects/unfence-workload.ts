import type { KubernetesNode } from '../../../adapters/ports/kubernetes.js';
import { changeNode, type Plan } from '../change-node.js';
import { done, failed, type CommandOf, type Effect, type World } from '../effect.js';
import { fencingTaint, ownerMark } from '../../../adapters/ports/node-marks.js';
import { isEnding, isSomeoneElse, observationOf, readNode } from '../present.js';
import { unfencePatch } from './return-patch.js';

/** Removes our out-of-service taint; somebody else's is a person's matter. */
export const unfenceWorkload: Effect<'unfenceWorkload'> = async (command, world) => {
  const node = await readNode(world);
  if (isEnding(node)) return node;
  const early = planOf(node, command, world);
  if (early.kind === 'settle' && early.status !== 'done') return early;
  return {
    kind: 'act',
    act: () =>
      changeNode(
        world,
        node,
        (present) => planOf(present, command, world),
        (_before, after) => done({ observation: observationOf(after, world.settings) }),
      ),
  };
};

function planOf(node: KubernetesNode, command: CommandOf<'unfenceWorkload'>, { settings }: World): Plan {
  const observation = observationOf(node, settings);
  if (isSomeoneElse(observation, command.expected, { boot: false })) {
    return failed('IdentityChanged', { observation });
  }
  if (fencingTaint(node) === undefined) return done({ observation });
  const patch = unfencePatch(node, ownerMark(settings.installation, command.processId));
  return patch === undefined ? failed('ForeignFence', { observation }) : { kind: 'patch', patch };
}
