import type { KubernetesNode } from '../../../adapters/ports/kubernetes.js';
import { isolationTaint, ownerMark } from '../../../adapters/ports/node-marks.js';
import type { Plan } from '../change-node.js';
import { done, failed, type CommandOf, type Effect, type Ending, type World } from '../effect.js';
import { letGo } from '../let-go.js';
import { isSomeoneElse, observationOf } from '../present.js';
import { giveBackPatch, keptCordon } from './return-patch.js';

type Reclaim = CommandOf<'reclaimNode'>;

/**
 * Takes back the isolation of a process that this journal does not know: only that of the process named, only of our
 * own installation, never over a person's hold, and only while the node is Ready.
 */
export const reclaimNode: Effect<'reclaimNode'> = (command, world) =>
  letGo(world, {
    owner: ownerOf(command),
    plan: (node) => planOf(node, command, world),
    whenDone: (before, after) => returned({ before, after }, command, world),
  });

function ownerOf({ parameters, processId }: Reclaim): Reclaim['processId'] {
  return parameters.owner ?? processId;
}

function planOf(node: KubernetesNode, command: Reclaim, world: World): Plan {
  const { settings } = world;
  const observation = observationOf(node, settings);
  const owner = ownerMark(settings.installation, ownerOf(command));
  const taint = isolationTaint(node);
  if (isSomeoneElse(observation, command.expected, { boot: true })) {
    return failed('IdentityChanged', { observation });
  }
  if (observation.hold !== undefined) return failed('Held', { observation, hold: observation.hold });
  if (taint !== undefined && taint.value !== owner) return failed('ForeignIsolation', { observation });
  if (observation.ready !== 'True') return failed('NotReady', { observation });
  const patch = giveBackPatch(node, owner);
  return patch === undefined ? done({ observation }) : { kind: 'patch', patch };
}

function returned(
  { before, after }: { readonly before: KubernetesNode; readonly after: KubernetesNode },
  command: Reclaim,
  world: World,
): Ending {
  const kept = keptCordon(before, ownerMark(world.settings.installation, ownerOf(command)));
  return done(
    { observation: observationOf(after, world.settings), ...kept.detail },
    {
      node: after,
      type: 'Normal',
      reason: 'FaultlineReclaimed',
      message: `Given back by maintenance process ${command.processId}: isolated by ${ownerOf(command)}, which is not known any more${kept.remark}`,
    },
  );
}
