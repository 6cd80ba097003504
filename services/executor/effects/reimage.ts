import type { PowerController } from '../../../adapters/ports/power.js';
import { settled, type CommandOf, type Effect, type Ending, type World } from '../effect.js';
import { isEnding, readNode, whyNotOurs } from '../present.js';
import { pollUntil } from '../poll.js';
import { bmcOf, endOfRequest, isBmc, observePower, readPower } from './observe-power.js';
import { observeAction, runAction } from './run-action.js';

/** Reinstalls the machine: by the provisioner if there is one, else by a boot from the network. Told at most once. */
export const reimage: Effect<'reimage'> = async (command, world) => {
  const { actions, settings } = world;
  if (world.unfinishedAttempt) {
    if (actions === undefined) return settled('unknown', { reason: 'ReimageNotSeenToEnd' });
    return { kind: 'act', act: () => observeAction(world, actions, command.id, settings.reimageDeadlineMs) };
  }
  const node = await readNode(world);
  if (isEnding(node)) return node;
  const refused = whyNotOurs(node, command, settings);
  if (refused !== undefined) return refused;
  const pool = node.metadata.labels?.[settings.poolLabel];
  const withPool = pool === undefined ? {} : { pool };
  if (actions !== undefined) {
    const order = {
      id: command.id,
      node: command.node,
      action: { action: 'reimage', ...command.parameters },
    } as const;
    return {
      kind: 'act',
      ...withPool,
      act: () => runAction(world, actions, order, settings.reimageDeadlineMs),
    };
  }
  const bmc = bmcOf(world, command.node);
  if (!isBmc(bmc)) return bmc;
  const state = await readPower(bmc, command.node);
  if ('kind' in state) return state;
  return { kind: 'act', ...withPool, act: () => bootFromNetwork(command, world, bmc) };
};

/**
 * Off, observed, then on into the installer. Off comes first: nothing is written while the old system runs, and a boot
 * from the network that was arranged on a machine that stays on would reinstall it at any later boot.
 */
async function bootFromNetwork(
  command: CommandOf<'reimage'>,
  world: World,
  bmc: PowerController,
): Promise<Ending> {
  const notOff = endOfRequest(await bmc.forceOff(command.node, command.id));
  if (notOff !== undefined) return notOff;
  return observePower(world, bmc, command.node, 'Off', () => arrangeBoot(command, world, bmc));
}

/** Saying it again changes nothing, so a silent BMC is told until it answers. */
function arrangeBoot(command: CommandOf<'reimage'>, world: World, bmc: PowerController): Promise<Ending> {
  const asked = (reason: string): Ending => settled('unknown', { reason: `OffWithoutInstaller: ${reason}` });
  let last = 'no answer';
  return pollUntil(
    world,
    world.clock.now() + world.settings.powerDeadlineMs,
    async () => {
      const answer = await bmc.bootFromNetworkOnce(command.node);
      if (answer.kind === 'ok') return switchOn(command, world, bmc);
      last = answer.reason;
      return answer.kind === 'refused' ? asked(last) : undefined;
    },
    () => asked(last),
  );
}

async function switchOn(command: CommandOf<'reimage'>, world: World, bmc: PowerController): Promise<Ending> {
  const answer = await bmc.on(command.node, command.id);
  // The machine is off by now: nothing of this may begin anew.
  if (answer.kind === 'refused' || answer.kind === 'unreachable') {
    return settled('unknown', { reason: `OffButNotOn: ${answer.reason}` });
  }
  return observePower(world, bmc, command.node, 'On');
}
