import type { KubernetesNode } from '../../../adapters/ports/kubernetes.js';
import type { Plan } from '../change-node.js';
import { done, failed, type CommandOf, type Effect, type Ending, type World } from '../effect.js';
import { isolationTaint, ownerMark } from '../../../adapters/ports/node-marks.js';
import { letGo } from '../let-go.js';
import { isSomeoneElse, observationOf } from '../present.js';
import { giveBackPatch, keptCordon, stillCordoned } from './return-patch.js';

/** Takes back what is ours, and only that. A person's hold keeps the node out; so does another boot than was verified. */
export const giveBack: Effect<'giveBack'> = (command, world) =>
  letGo(world, {
    owner: command.processId,
    plan: (node) => planOf(node, command, world),
    whenDone: (before, after) => returned({ before, after }, command, world),
  });

function planOf(node: KubernetesNode, command: CommandOf<'giveBack'>, world: World): Plan {
  const { settings } = world;
  const observation = observationOf(node, settings);
  const owner = ownerMark(settings.installation, command.processId);
  const taint = isolationTaint(node);
  if (isSomeoneElse(observation, command.expected, { boot: true })) {
    return failed('IdentityChanged', { observation });
  }
  if (observation.hold !== undefined) return failed('Held', { observation, hold: observation.hold });
  if (taint !== undefined && taint.value !== owner) return failed('ForeignIsolation', { observation });
  const patch = giveBackPatch(node, owner);
  return patch === undefined
    ? done({ observation, ...stillCordoned(node).detail })
    : { kind: 'patch', patch };
}

function returned(
  { before, after }: { readonly before: KubernetesNode; readonly after: KubernetesNode },
  command: CommandOf<'giveBack'>,
  world: World,
): Ending {
  const kept = keptCordon(before, ownerMark(world.settings.installation, command.processId));
  return done(
    { observation: observationOf(after, world.settings), ...kept.detail },
    {
      node: after,
      type: 'Normal',
      reason: 'FaultlineReturned',
      message: `Given back by maintenance process ${command.processId} (${command.faultType})${kept.remark}`,
    },
  );
}
