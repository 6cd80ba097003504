import type { History } from '../../adapters/ports/journal.js';
import { namesOf } from '../../domain/identifiers.js';
import { apiVersion } from './forms/form.js';
import { ConsoleRefusal } from './forms/problem.js';
import type { NewOrder, OrderReceipt } from './forms/processes.js';
import type { SendOrder } from './give-order.js';
import { findState } from './read-history.js';
import type { NodeParameters } from './requests.js';

/**
 * Has the inputs tried again that wait for a parked node; it may have no process that an order could be given to.
 * @throws ConsoleRefusal NotFound, OrderNotTaken
 */
export async function retryNode(
  { history, sendOrder }: { readonly history: History; readonly sendOrder: SendOrder },
  names: NodeParameters,
  given: NewOrder,
  subject: string,
): Promise<OrderReceipt> {
  const { node, parked, version } = await findState(history, names);
  if (parked === undefined || given.kind !== 'retry') {
    throw new ConsoleRefusal(
      'OrderNotTaken',
      parked === undefined ? `${node} is not parked` : `a parked node does not take ${given.kind}`,
      parked === undefined ? 'give the order to its process' : 'it takes: retry',
    );
  }
  const { reason } = given;
  const dryRun = given.dryRun === true;
  const sent = dryRun ? undefined : await sendOrder(node, { kind: 'RetryParked', reason, subject }, {});
  return {
    apiVersion,
    kind: 'OrderReceipt',
    ...namesOf(node),
    order: 'retry',
    stage: 'parked',
    subject,
    reason,
    dryRun,
    effect: 'tries the inputs that wait, in order; the first that fails again parks the node again',
    factVersion: version,
    status: dryRun ? 'preview' : 'sent',
    ...(sent === undefined ? {} : { causeId: sent.causeId }),
  };
}
