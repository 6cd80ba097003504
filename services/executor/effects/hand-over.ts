import type { KubernetesNode } from '../../../adapters/ports/kubernetes.js';
import type { Plan } from '../change-node.js';
import { done, failed, unneeded, type CommandOf, type Effect, type Ending, type World } from '../effect.js';
import { isolationTaint, ownerMark } from '../../../adapters/ports/node-marks.js';
import { letGo } from '../let-go.js';
import { isSomeoneElse, observationOf } from '../present.js';
import { handOverPatch } from './return-patch.js';

/** Our taint goes, the cordon and a hold stay. A boot in between changes nothing about it: the node stays out. */
export const handOver: Effect<'handOver'> = (command, world) =>
  letGo(world, {
    owner: command.parameters.owner ?? command.processId,
    plan: (node) => planOf(node, command, world),
    whenDone: (_before, after) => handedOver(after, command, world),
  });

function planOf(node: KubernetesNode, command: CommandOf<'handOver'>, world: World): Plan {
  const { settings } = world;
  const observation = observationOf(node, settings);
  const { owner: isolatedBy, reason } = command.parameters;
  const owner = ownerMark(settings.installation, isolatedBy ?? command.processId);
  const taint = isolationTaint(node);
  if (isSomeoneElse(observation, command.expected, { boot: false })) {
    // Another object without our taint was never ours: a person's order to end the process must not fail on it.
    return taint?.value === owner
      ? failed('IdentityChanged', { observation })
      : unneeded('IdentityChanged', observation);
  }
  // Somebody else's by now: there is nothing of ours to take away, and no reason to hold on to the process.
  if (taint !== undefined && taint.value !== owner) return unneeded('ForeignIsolation', observation);
  const patch = handOverPatch(node, owner, reason);
  return patch === undefined ? done({ observation }) : { kind: 'patch', patch };
}

function handedOver(node: KubernetesNode, command: CommandOf<'handOver'>, world: World): Ending {
  return done(
    { observation: observationOf(node, world.settings) },
    {
      node,
      type: 'Warning',
      reason: 'FaultlineHandedOver',
      message: `Left cordoned for a person by maintenance process ${command.processId}: ${command.parameters.reason}`,
    },
  );
}
