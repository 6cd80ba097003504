import { everyState } from '../every-state.js';
import { pause, superviseLoop, type Supervision } from '../supervision.js';
import type { History } from '../../adapters/ports/journal.js';
import type { CauseId, NodeKey } from '../../domain/identifiers.js';
import type { NodeState } from '../../domain/node-state.js';
import type { Signal } from '../../domain/signal.js';
import { uuidFrom } from '../../schemas/uuid.js';
import type { Policy } from '../../workflows/policy.js';
import { withheldNoLonger } from './decide/withheld.js';

export interface ActivateWithheldOptions extends Supervision {
  readonly history: Pick<History, 'states'>;
  readonly policy: Policy;
  /** Resolves when the log has the signal. The same id again is the same signal. */
  readonly send: (node: NodeKey, signal: Signal, causeId: CauseId) => Promise<void>;
  /** Between two looks at all nodes: a pool may change its mode by a label, and another copy may decide by the old one. */
  readonly everyMs: number;
}

/**
 * Tells nodes whose faults were withheld by a mode that is active now. Who reported such a fault has said so once and
 * does not say it again: without this it would lie there until it happened to be reported anew. Any number of copies
 * may run; each look tells a node once.
 */
export function activateWithheld(options: ActivateWithheldOptions): Promise<void> {
  const { history } = options;
  return superviseLoop('withheld faults', options, async () => {
    for await (const state of everyState(history)) await tell(options, state);
    await pause(options, options.everyMs);
  });
}

/** A parked node is told when it goes on: until then this would only wait there with the rest. */
async function tell(
  { policy, send, clock, everyMs }: ActivateWithheldOptions,
  state: NodeState,
): Promise<void> {
  if (state.parked !== undefined || withheldNoLonger(policy, state).length === 0) return;
  const { node, version } = state;
  const look = Math.floor(clock.now() / everyMs);
  const causeId = uuidFrom(`activated\n${node}\n${version}\n${policy.version}\n${look}`) as CauseId;
  await send(node, { kind: 'ModeActivated', policy: policy.version }, causeId);
}
