import type { ProcessContext } from '../../../domain/node-state.js';
import type { OrderKind } from '../../../domain/signal.js';

/** Orders by which a person who is asked goes on with the repair. */
const goingOn: ReadonlySet<OrderKind> = new Set(['retry', 'skip', 'repaired']);

/**
 * What the machine hears an order with: whoever goes on with a fault after it was dismissed is taken at that word, and its condition counts
 * again. It is done here and not in the machines, as processes of release 0.2.0 are pinned to them as they were.
 */
export function believedAgain(
  { stage, context }: { readonly stage: string; readonly context: ProcessContext },
  order: OrderKind,
): ProcessContext {
  const { distrusted, ...others } = context;
  const isBelieved = distrusted !== undefined && stage === 'waitingForPerson' && goingOn.has(order);
  return isBelieved ? others : context;
}
