import { done, type Effect } from '../effect.js';
import { isEnding, readNode, whyNotOurs } from '../present.js';
import { bmcOf, endOfRequest, isBmc, observePower, readPower } from './observe-power.js';

/** ForceOff, told at most once, then observed Off. A try that nobody saw end is only observed. */
export const powerOff: Effect<'powerOff'> = async (command, world) => {
  const bmc = bmcOf(world, command.node);
  if (!isBmc(bmc)) return bmc;
  if (world.unfinishedAttempt) {
    return { kind: 'act', act: () => observePower(world, bmc, command.node, 'Off') };
  }
  const node = await readNode(world);
  if (isEnding(node)) return node;
  const refused = whyNotOurs(node, command, world.settings);
  if (refused !== undefined) return refused;
  const state = await readPower(bmc, command.node);
  if ('kind' in state) return state;
  const pool = node.metadata.labels?.[world.settings.poolLabel];
  return {
    kind: 'act',
    ...(pool === undefined ? {} : { pool }),
    async act() {
      if (state.power === 'Off') return done({});
      const ending =
        state.power === 'PoweringOff'
          ? undefined
          : endOfRequest(await bmc.forceOff(command.node, command.id));
      return ending ?? observePower(world, bmc, command.node, 'Off');
    },
  };
};
