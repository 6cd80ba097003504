import type { History } from '../../../adapters/ports/journal.js';
import { fitsNode, type EventFilter } from '../../event-filter.js';
import { everyState } from '../../every-state.js';
import { listedNodeOf } from '../describe-node.js';
import { resumeText } from './resume-point.js';
import { writeCharacters, type EventSink } from './subscriber-connection.js';

/**
 * Tells the present state of all nodes that a filter names, then that this was all, with the id from which on everything
 * follows that may not be in it. States have no id: who is cut off among them begins anew.
 * @param since ms; from before anything was read here
 */
export async function writeSnapshot(
  { history, epoch }: { readonly history: Pick<History, 'states'>; readonly epoch: number },
  filter: EventFilter,
  { sink, since }: { readonly sink: EventSink; readonly since: number },
): Promise<void> {
  let text = '';
  let nodes = 0;
  for await (const state of everyState(history)) {
    if (sink.signal.aborted) return;
    if (!fitsNode(filter, state.node)) continue;
    text += `event: NodeState\ndata: ${JSON.stringify(listedNodeOf(state, epoch))}\n\n`;
    nodes += 1;
    if (text.length < writeCharacters) continue;
    await sink.write(text);
    text = '';
  }
  const end = `id: ${resumeText('', since)}\nevent: snapshot-end\ndata: ${JSON.stringify({ nodes })}\n\n`;
  await sink.write(text + end);
}
