import type { CommandId } from '../../../domain/identifiers.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import type { MachineAction, MachineActions } from '../../../adapters/ports/work-orders.js';
import { done, failed, settled, type Ending, type World } from '../effect.js';
import { pollUntil } from '../poll.js';

/** Tells whoever acts on the machine, once, and asks how it goes until it has ended. */
export async function runAction(
  world: World,
  actions: MachineActions,
  order: { readonly id: CommandId; readonly node: NodeKey; readonly action: MachineAction },
  deadlineMs: number,
): Promise<Ending> {
  const started = await actions.start(order.id, order.node, order.action);
  // In either case nothing was begun.
  if (started.kind === 'refused' || started.kind === 'unreachable')
    return { kind: 'later', reason: `ActionRefused: ${started.reason}` };
  return observeAction(world, actions, order.id, deadlineMs);
}

/** Asks how an action goes until it has ended. That nobody knows it any more, or not in time, is `unknown`. */
export function observeAction(
  world: World,
  actions: MachineActions,
  id: CommandId,
  deadlineMs: number,
): Promise<Ending> {
  return pollUntil(
    world,
    world.clock.now() + deadlineMs,
    async () => {
      const answer = await actions.status(id);
      if (answer.kind === 'refused') return settled('unknown', { reason: `ActionUnknown: ${answer.reason}` });
      // A partner that is away for a moment says nothing about the machine.
      if (answer.kind !== 'ok' || answer.value === 'running') return undefined;
      if (answer.value === 'done') return done({});
      return answer.value === 'failed'
        ? failed('ActionFailed')
        : settled('unknown', { reason: 'ActionUnknown' });
    },
    () => settled('unknown', { reason: 'ActionNotSeenToEnd' }),
  );
}
