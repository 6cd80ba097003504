import { done, failed, type Effect } from '../effect.js';
import { fencingTaint } from '../../../adapters/ports/node-marks.js';
import { isEnding, isSomeoneElse, observationOf, readNode } from '../present.js';
import { bmcOf, endOfRequest, isBmc, observePower, readPower } from './observe-power.js';

/** On, told at most once, then observed On. Refused while the out-of-service taint would tear its workload apart. */
export const powerOn: Effect<'powerOn'> = async (command, world) => {
  const bmc = bmcOf(world, command.node);
  if (!isBmc(bmc)) return bmc;
  if (world.unfinishedAttempt) {
    return { kind: 'act', act: () => observePower(world, bmc, command.node, 'On') };
  }
  const node = await readNode(world);
  if (isEnding(node)) return node;
  const observation = observationOf(node, world.settings);
  if (isSomeoneElse(observation, command.expected, { boot: false })) {
    return failed('IdentityChanged', { observation });
  }
  if (fencingTaint(node) !== undefined) return failed('StillFenced', { observation });
  const state = await readPower(bmc, command.node);
  if ('kind' in state) return state;
  return {
    kind: 'act',
    async act() {
      if (state.power === 'On') return done({});
      const ending =
        state.power === 'PoweringOn' ? undefined : endOfRequest(await bmc.on(command.node, command.id));
      return ending ?? observePower(world, bmc, command.node, 'On');
    },
  };
};
