import type { NodeList } from '../../services/console/forms/nodes.js';
import { CommandFailed } from '../errors.js';
import type { OutputFormat, View } from '../output/print.js';
import { pause } from '../pause.js';
import { Patience } from '../patience.js';
import { readEvents } from '../read-events.js';
import type { ServerClient } from '../server-client.js';
import type { Terminal } from '../terminal.js';
import { ChangedNodes } from './changed-nodes.js';
import type { Condition } from './condition.js';
import type { RowSource } from './row-source.js';
import { ShownRows, type Placed } from './shown-rows.js';

/** What happens together is read together. */
const gatherMs = 50;
/** So many nodes are asked after at once. */
const atOnce = 10;

export interface RowWatch<Row> {
  readonly source: RowSource<Row>;
  readonly output: OutputFormat;
  readonly view: () => View<{ readonly items: readonly Row[] }, Row>;
  readonly until?: Condition<Row>;
}

/** Each fact of a node is told of there. */
const topic = 'maintenance.events';

/** @throws CommandFailed Differs when it can't come any more */
function isReached<Row extends Placed>(shown: ShownRows<Row>, until: Condition<Row> | undefined): boolean {
  if (until === undefined) return false;
  const missed = shown.missed(until);
  if (missed === undefined) return shown.meets(until);
  throw new CommandFailed('Differs', `${until.text} can't come any more: ${missed}`);
}

function* chunksOf<Item>(items: readonly Item[], size: number): Iterable<readonly Item[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}

/**
 * The list, then what changes in it, until it is as somebody wants it, or by interruption. Rows are shown as they are when
 * they are read: what a row was in between stands in the history of its node. A server that is away is waited for, and
 * the stream of events is gone on with where it was.
 * @param stop interrupts the terminal, and with it what the server is asked
 * @throws CommandFailed Differs when what is waited for can't come any more
 */
export async function watchRows<Row extends Placed>(
  terminal: Terminal,
  server: ServerClient,
  { source, output, view, until }: RowWatch<Row>,
  stop: () => void,
): Promise<void> {
  // Before anything is read: what happens in between is in the list and comes again.
  const { resume } = await server.get<NodeList>('/v1/nodes', { limit: 1 });
  const shown = new ShownRows(terminal, output, view);
  shown.begin((await source.all()).items);
  const patience = new Patience(terminal);
  const changed = new ChangedNodes();
  const follow = async (): Promise<void> => {
    const query = { topic, ...source.filter() };
    const wish = { query, follow: true, patience, ...(resume === undefined ? {} : { after: resume }) };
    for await (const { subject } of readEvents(terminal, server, wish)) changed.add(subject);
  };
  const read = async (): Promise<void> => {
    while (!isReached(shown, until)) {
      await changed.some(terminal.interrupted);
      await pause(gatherMs, terminal.interrupted);
      if (terminal.interrupted.aborted) return;
      for (const nodes of chunksOf(changed.take(), atOnce)) {
        const rowsOf = (node: string) => source.ofNode(node, (row) => shown.isShown(row));
        const rows = await Promise.all(nodes.map((node) => patience.untilAnswered(() => rowsOf(node))));
        shown.update(nodes, rows.flat());
      }
    }
  };
  await together([follow, read], stop);
}

/** Whichever ends first, well or not, stops the others. Rejects as the first that failed. */
async function together(works: readonly (() => Promise<void>)[], stop: () => void): Promise<void> {
  const failures: unknown[] = [];
  const ended = works.map((work) =>
    work()
      .catch((error: unknown) => void failures.push(error))
      .finally(stop),
  );
  await Promise.all(ended);
  if (failures.length > 0) throw failures[0];
}
