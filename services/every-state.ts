import type { History } from '../adapters/ports/journal.js';
import type { NodeState } from '../domain/node-state.js';

const nodesAtOnce = 1_000;

/** All nodes that the journal knows, of one cluster if asked, in order of their keys; read some at a time. */
export async function* everyState(
  history: Pick<History, 'states'>,
  { cluster }: { readonly cluster?: string } = {},
): AsyncIterable<NodeState> {
  let after: string | undefined;
  do {
    const page = await history.states({
      limit: nodesAtOnce,
      ...(cluster === undefined ? {} : { cluster }),
      ...(after === undefined ? {} : { after }),
    });
    yield* page.rows;
    after = page.next;
  } while (after !== undefined);
}
