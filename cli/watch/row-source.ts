import type { FaultItem, NodeItem, NodeList } from '../../services/console/forms/nodes.js';
import type { ProcessDescription, ProcessItem, ProcessList } from '../../services/console/forms/processes.js';
import { everyItem, nodeNamed, type ListPage } from '../commands/common.js';
import { CommandFailed } from '../errors.js';
import type { ServerClient } from '../server-client.js';

/** Which rows somebody wants. */
export interface RowsWanted {
  /** All that fit, if none is named. */
  readonly names: readonly string[];
  readonly cluster: string | undefined;
  /** `<cluster>/<node>` */
  readonly node: string | undefined;
  readonly active: boolean | undefined;
}

/** Where rows come from: all at first, and those of a node when something happened there. */
export interface RowSource<Row> {
  /** @throws CommandFailed NotFound if what is named is not there */
  all(): Promise<ListPage<Row>>;
  /** @param isKnown whether a row has been shown: it is told of to its end */
  ofNode(node: string, isKnown: (row: Row) => boolean): Promise<readonly Row[]>;
  /** What events are asked for; known when all rows have been read. */
  filter(): { readonly node?: string; readonly cluster?: string };
}

function nodeOf({ cluster, node }: { readonly cluster: string; readonly node: string }): string {
  return `${cluster}/${node}`;
}

function placeFilter({ node, cluster }: RowsWanted): { readonly node?: string; readonly cluster?: string } {
  return { ...(node === undefined ? {} : { node }), ...(cluster === undefined ? {} : { cluster }) };
}

function filterFor(wanted: RowsWanted, named: ReadonlySet<string>): ReturnType<typeof placeFilter> {
  return wanted.names.length === 0 ? placeFilter(wanted) : { node: [...named].join(',') };
}

async function nodeOfName(server: ServerClient, name: string): Promise<NodeList> {
  const page = await server.get<NodeList>('/v1/nodes', { node: await nodeNamed(server, name) });
  if (page.items.length === 0) throw new CommandFailed('NotFound', `nothing is known of ${name}`);
  return page;
}

export function nodeRows(server: ServerClient, wanted: RowsWanted): RowSource<NodeItem> {
  const { names, cluster } = wanted;
  const named = new Set<string>();
  return {
    all: async () => {
      if (names.length === 0) return everyItem<NodeItem>(server, '/v1/nodes', { cluster });
      const pages = await Promise.all(names.map((name) => nodeOfName(server, name)));
      const items = pages.flatMap((page) => page.items);
      for (const row of items) named.add(nodeOf(row));
      return { apiVersion: pages[0]?.apiVersion ?? '', kind: 'NodeList', items };
    },
    ofNode: async (node) => (await server.get<NodeList>('/v1/nodes', { node })).items,
    filter: () => filterFor(wanted, named),
  };
}

export function faultRows(server: ServerClient, wanted: RowsWanted): RowSource<FaultItem> {
  const { cluster, node } = wanted;
  return {
    all: () => everyItem<FaultItem>(server, '/v1/faults', { cluster, node }),
    ofNode: async (changed) => (await everyItem<FaultItem>(server, '/v1/faults', { node: changed })).items,
    filter: () => placeFilter(wanted),
  };
}

export function processRows(server: ServerClient, wanted: RowsWanted): RowSource<ProcessItem> {
  const { names, node, active } = wanted;
  const named = new Set<string>();
  const ofNode = async (changed: string): Promise<readonly ProcessItem[]> =>
    (await everyItem<ProcessItem>(server, '/v1/processes', { node: changed })).items;
  const one = async (name: string): Promise<readonly ProcessItem[]> => {
    const found = await server.get<ProcessDescription>(`/v1/processes/${encodeURIComponent(name)}`);
    named.add(nodeOf(found));
    return (await ofNode(nodeOf(found))).filter(({ processId }) => processId === name);
  };
  return {
    all: async () => {
      if (names.length === 0) return everyItem<ProcessItem>(server, '/v1/processes', { active, node });
      const first: ProcessList = await server.get('/v1/processes', { limit: 1 });
      const items = (await Promise.all(names.map(one))).flat();
      return { apiVersion: first.apiVersion, kind: first.kind, items };
    },
    ofNode: async (changed, isKnown) =>
      (await ofNode(changed)).filter((row) => {
        if (names.length > 0) return names.includes(row.processId);
        return active !== true || row.endedAt === undefined || isKnown(row);
      }),
    filter: () => filterFor(wanted, named),
  };
}
