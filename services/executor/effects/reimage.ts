import type { PowerController } from '../../../adapters/ports/power.js';
import { settled, type CommandOf, type Effect, type Ending, type World } from '../effect.js';
import { isEnding, readNode, whyNotOurs } from '../present.js';
import { bmcOf, endOfRequest, isBmc, observePower } from './observe-power.js';
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
  return { kind: 'act', ...withPool, act: () => bootFromNetwork(command, world, bmc) };
};

/** Off, observed, then on into the installer. Off comes first: nothing is written while the old system runs. */
async function bootFromNetwork(
  command: CommandOf<'reimage'>,
  world: World,
  bmc: PowerController,
): Promise<Ending> {
  const network = await bmc.bootFromNetworkOnce(command.node);
  if (network.kind === 'uncertain') return { kind: 'later', reason: `BmcSilent: ${network.reason}` };
  const notSet = endOfRequest(network);
  if (notSet !== undefined) return notSet;
  const notOff = endOfRequest(await bmc.forceOff(command.node));
  if (notOff !== undefined) return notOff;
  return observePower(world, bmc, command.node, 'Off', async () => {
    const answer = await bmc.on(command.node);
    // The machine is off by now: nothing of this may begin anew.
    if (answer.kind === 'refused' || answer.kind === 'unreachable') {
      return settled('unknown', { reason: `OffButNotOn: ${answer.reason}` });
    }
    return observePower(world, bmc, command.node, 'On');
  });
}
