import type { PowerAnswer, PowerController, PowerState } from '../../../adapters/ports/power.js';
import { done, failed, settled, type Ending, type World } from '../effect.js';
import { pollUntil } from '../poll.js';

/** The BMC of the node, or how the command ends without one. */
export function bmcOf(world: World, node: string): PowerController | Ending {
  const { power } = world;
  return power?.knows(node) === true ? power : failed('NoBmc');
}

export function isBmc(value: PowerController | Ending): value is PowerController {
  return !('kind' in value);
}

/** Reads the power before anything is done: an answer that tells nothing is asked again later. */
export async function readPower(bmc: PowerController, node: string): Promise<PowerState | Ending> {
  const answer = await bmc.read(node);
  return answer.kind === 'ok' ? answer.value : troubleOf(answer);
}

/** Nothing was begun: later. A BMC that refuses to answer (rights, no such system) needs a person. */
function troubleOf(answer: Exclude<PowerAnswer<unknown>, { readonly kind: 'ok' }>): Ending {
  if (answer.kind === 'refused') return failed(`BmcRefused: ${answer.reason}`);
  return { kind: 'later', reason: `BmcSilent: ${answer.reason}` };
}

/** What the answer to a power request means: whether to go on and observe. Undefined: go on. */
export function endOfRequest(answer: PowerAnswer<true>): Ending | undefined {
  switch (answer.kind) {
    // Uncertain: it may have had its effect; only looking can tell.
    case 'ok':
    case 'uncertain':
      return undefined;
    case 'refused':
      return failed(`BmcRefused: ${answer.reason}`);
    case 'unreachable':
      return { kind: 'later', reason: `BmcSilent: ${answer.reason}` };
  }
}

/** Waits until the power is seen as wanted; nobody saw it in time: `unknown`, for a person. */
export function observePower(
  world: World,
  bmc: PowerController,
  node: string,
  wanted: 'On' | 'Off',
  whenSeen: () => Ending | Promise<Ending> = () => done({}),
): Promise<Ending> {
  const deadline = world.clock.now() + world.settings.powerDeadlineMs;
  return pollUntil(
    world,
    deadline,
    async () => {
      const answer = await bmc.read(node);
      return answer.kind === 'ok' && answer.value.power === wanted ? whenSeen() : undefined;
    },
    () => settled('unknown', { reason: `Power${wanted}NotObserved` }),
  );
}
