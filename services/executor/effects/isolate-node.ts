import type { NodeObservation } from '../../../domain/command.js';
import type { KubernetesNode } from '../../../adapters/ports/kubernetes.js';
import { changeNode, type Plan } from '../change-node.js';
import { done, failed, unneeded, type CommandOf, type Effect, type Ending, type World } from '../effect.js';
import { cordonOf, isolationTaint, isProtected, ownerMark } from '../../../adapters/ports/node-marks.js';
import { isEnding, isSomeoneElse, observationOf, readNode } from '../present.js';
import { adoptPatch, isolatePatch } from './isolate-patch.js';

type Isolate = CommandOf<'isolateNode'>;

/** Taint, cordon and notes for autoscalers in one patch. Isolating what this process isolated already is done. */
export const isolateNode: Effect<'isolateNode'> = async (command, world) => {
  const looked = await look(command, world);
  if (isEnding(looked)) return looked;
  const { node, plan: early } = looked;
  if (early.kind !== 'patch') return early;
  const observation = observationOf(node, world.settings);
  const { pool } = observation;
  return {
    kind: 'act',
    observation,
    ...(pool === undefined ? {} : { pool }),
    act: () =>
      changeNode(
        world,
        node,
        (present) => planOf(present, command, world),
        (_before, after) => isolated(after, command, world),
      ),
  };
};

/** A node, and what is to be done about it. */
interface Looked {
  readonly node: KubernetesNode;
  readonly plan: Plan;
}

/**
 * The node as the watch saw it, if that leads to a patch: the patch holds only for exactly this version, so the server
 * confirms in one request what was seen, or the node is read. Whatever ends without a patch is decided by a read.
 */
async function look(command: Isolate, world: World): Promise<Looked | Ending> {
  const seen = world.cluster.nodeSeen(world.nodeName);
  const plan = seen === undefined ? undefined : planOf(seen, command, world);
  if (seen !== undefined && plan?.kind === 'patch') return { node: seen, plan };
  const node = await readNode(world);
  return isEnding(node) ? node : { node, plan: planOf(node, command, world) };
}

/** Decides by the present: is it still the node, the boot and the fault that the process speaks of? */
function planOf(node: KubernetesNode, command: Isolate, world: World): Plan {
  const { settings } = world;
  const { parameters } = command;
  const observation = observationOf(node, settings);
  const owner = ownerMark(settings.installation, command.processId);
  const taint = isolationTaint(node);
  // The boot may have changed since the process last looked; what counts is the boot that was reported.
  if (isSomeoneElse(observation, command.expected, { boot: false })) {
    return failed('IdentityChanged', { observation });
  }
  if (taint?.value === owner) return isolated(node, command, world);
  const adopted = parameters.adopts && ownerMark(settings.installation, parameters.adopts);
  if (taint !== undefined && taint.value !== adopted) return failed('ForeignIsolation', { observation });
  if (observation.hold !== undefined) return failed('Held', { observation, hold: observation.hold });
  if (isProtected(node) && !settings.isolateProtectedNodes) return failed('ProtectedNode', { observation });
  if (hasRebooted(observation, parameters.reportedBootId)) return unneeded('StaleReport', observation);
  if (isGoodNow(observation, parameters.stillFiring)) return unneeded('NotFiringNow', observation);
  if (node.spec.taints?.some(({ key }) => settings.foreignMaintenanceTaints.includes(key)) === true) {
    return { kind: 'later', reason: 'ForeignMaintenance' };
  }
  const patch = taint === undefined ? undefined : adoptPatch(node, taint.value ?? '', owner);
  return { kind: 'patch', patch: patch ?? isolatePatch(node, owner, parameters.cordon) };
}

function hasRebooted({ bootId }: NodeObservation, reported: string | undefined): boolean {
  return reported !== undefined && bootId !== undefined && bootId !== reported;
}

/** Only an explicit good value counts: a condition that is absent or Unknown says nothing. */
function isGoodNow(observation: NodeObservation, firing: Isolate['parameters']['stillFiring']): boolean {
  if (firing === undefined) return false;
  if (firing.condition === 'Ready') return observation.ready === 'True';
  const good = firing.status === 'False' ? 'True' : 'False';
  return observation.conditions[firing.condition] === good;
}

function isolated(node: KubernetesNode, command: Isolate, world: World): Ending {
  const observation = observationOf(node, world.settings);
  const owner = ownerMark(world.settings.installation, command.processId);
  const cordoned = cordonOf(node, owner) === 'ours';
  return done(
    { observation, cordoned },
    {
      node,
      type: 'Warning',
      reason: 'FaultlineIsolated',
      message: `Isolated for ${command.parameters.reason} by maintenance process ${command.processId}`,
    },
  );
}
