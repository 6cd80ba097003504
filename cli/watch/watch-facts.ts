import type { FactItem, FactList, NodeList } from '../../services/console/forms/nodes.js';
import { printView, type OutputFormat } from '../output/print.js';
import { factView } from '../output/views.js';
import { Patience } from '../patience.js';
import { readEvents } from '../read-events.js';
import type { ServerClient } from '../server-client.js';
import type { Terminal } from '../terminal.js';
import type { Condition } from './condition.js';

const pageRows = 1000;

/** All facts of a node from one version on, as one list. */
export async function factsFrom(server: ServerClient, nodePath: string, from: number): Promise<FactList> {
  const items: FactItem[] = [];
  for (;;) {
    const page: FactList = await server.get(`${nodePath}/history`, {
      from: from + items.length,
      limit: pageRows,
    });
    items.push(...page.items);
    if (page.items.length < pageRows) return { apiVersion: page.apiVersion, kind: page.kind, items };
  }
}

export interface FactWatch {
  /** `<cluster>/<node>` */
  readonly node: string;
  readonly nodePath: string;
  readonly output: OutputFormat;
  readonly until: Condition<FactItem> | undefined;
}

/** Of the fact that an event is about. */
function versionIn(eventId: string): number {
  return Number(/@\d+\.(\d+)\/[A-Za-z]+$/.exec(eventId)?.[1] ?? Infinity);
}

/**
 * The facts of a node, then each one that comes, until one that somebody waits for, or by interruption. They are numbered
 * without gaps, so that none is missing, however long the server was away.
 */
export async function watchFacts(
  terminal: Terminal,
  server: ServerClient,
  { node, nodePath, output, until }: FactWatch,
  stop: () => void,
): Promise<void> {
  // `json`: a document a line, since there is no last one.
  const print = (list: FactList): void => {
    if (list.items.length > 0) printView(terminal, output, list, factView, { eachOnOneLine: true });
  };
  // Before the facts are read: what happens in between comes again.
  const { resume } = await server.get<NodeList>('/v1/nodes', { limit: 1 });
  const listed = await factsFrom(server, nodePath, 1);
  print(listed);
  let last = listed.items.at(-1)?.version ?? 0;
  const patience = new Patience(terminal);
  const query = { topic: 'maintenance.events', node };
  const wish = { query, follow: true, patience, ...(resume === undefined ? {} : { after: resume }) };
  for await (const { id } of readEvents(terminal, server, wish)) {
    if (versionIn(id) <= last) continue;
    const come = await patience.untilAnswered(() => factsFrom(server, nodePath, last + 1));
    print(come);
    last = come.items.at(-1)?.version ?? last;
    if (until === undefined || !come.items.some((fact) => until.isMet(fact))) continue;
    stop();
    return;
  }
}
