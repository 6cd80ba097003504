import type { KubernetesNode } from '../../../adapters/ports/kubernetes.js';
import type { PowerController, PowerState } from '../../../adapters/ports/power.js';
import { changeNode, type Plan } from '../change-node.js';
import { done, failed, type CommandOf, type Effect, type Ending, type World } from '../effect.js';
import { fencingTaint, ownerMark } from '../../../adapters/ports/node-marks.js';
import { isEnding, readNode, whyNotOurs } from '../present.js';
import { pollUntil } from '../poll.js';
import { bmcOf, isBmc, readPower } from './observe-power.js';
import { podsLeft } from './observe-workload.js';
import { fencePatch, unfencePatch } from './return-patch.js';

type Fence = CommandOf<'fenceWorkload'>;

/**
 * Tells Kubernetes that the machine is off for good, so that it gives up its pods, and waits until they are gone. Only
 * while the power is observed Off, now and at each look: should it come back, the taint is taken away again.
 */
export const fenceWorkload: Effect<'fenceWorkload'> = async (command, world) => {
  const bmc = bmcOf(world, command.node);
  if (!isBmc(bmc)) return bmc;
  const [node, state] = await Promise.all([readNode(world), readPower(bmc, command.node)]);
  if (isEnding(node)) return node;
  // An earlier try may have left its taint; the boot that came since is no reason to leave it there.
  if (isComingUp(state) && unfencePatch(node, ownerOf(command, world)) !== undefined) {
    return { kind: 'act', act: () => unfenceAtOnce(world, command) };
  }
  const refused = whyNotOurs(node, command, world.settings) ?? whyNotOff(state);
  if (refused !== undefined) return refused;
  return {
    kind: 'act',
    async act() {
      const fenced = await changeNode(
        world,
        node,
        (present) => planOf(present, command, world),
        () => done({}),
      );
      if (fenced.kind !== 'settle' || fenced.status !== 'done') return fenced;
      return awaitGone(world, bmc, command);
    },
  };
};

function planOf(node: KubernetesNode, command: Fence, world: World): Plan {
  const refused = whyNotOurs(node, command, world.settings);
  if (refused !== undefined) return refused;
  if (fencingTaint(node) !== undefined) return done({});
  return {
    kind: 'patch',
    patch: fencePatch(node, ownerOf(command, world)),
  };
}

function ownerOf(command: Fence, { settings }: World): string {
  return ownerMark(settings.installation, command.processId);
}

function isComingUp(state: PowerState | Ending): boolean {
  return !('kind' in state) && (state.power === 'On' || state.power === 'PoweringOn');
}

function whyNotOff(state: PowerState | Ending): Ending | undefined {
  if ('kind' in state) return state;
  if (state.power === 'Off') return undefined;
  return state.power === 'PoweringOff' ? { kind: 'later', reason: 'PoweringOff' } : failed('PowerNotOff');
}

function awaitGone(world: World, bmc: PowerController, command: Fence): Promise<Ending> {
  const { pods: uids } = command.parameters;
  return pollUntil(
    world,
    world.clock.now() + world.settings.fenceDeadlineMs,
    async () => {
      const [left, state] = await Promise.all([podsLeft(world, uids), readPower(bmc, command.node)]);
      if (!('kind' in state) && state.power !== 'Off') return unfenceAtOnce(world, command);
      return 'pods' in left && left.pods.length === 0 ? done({ pods: [] }) : undefined;
    },
    async () => {
      const left = await podsLeft(world, uids);
      return failed('WorkloadStays', 'pods' in left ? { pods: left.pods } : {});
    },
  );
}

/** Somebody switched it on: its pods may run, so nobody may take them for gone. */
async function unfenceAtOnce(world: World, command: Fence): Promise<Ending> {
  const node = await readNode(world);
  if (isEnding(node)) return node;
  return changeNode(
    world,
    node,
    (present) => {
      const patch = unfencePatch(present, ownerOf(command, world));
      return patch === undefined ? failed('PowerCameBack') : { kind: 'patch', patch };
    },
    () => failed('PowerCameBack'),
  );
}
