import type { OpenJournal } from '../../../adapters/journal/options.js';
import { comparable } from './comparable.js';

/** What is stored, as texts that are compared; of a table its rows in any order. */
export type Contents = ReadonlyMap<string, readonly string[]>;

/** Where the journal on PostgreSQL is not as the one in memory. */
export interface Difference {
  readonly what: string;
  readonly inMemory: string;
  readonly onPostgres: string;
}

const all = 1_000_000;

/** Everything that a journal tells through its ports. */
export async function contentsOf({ history, upkeep, outbox }: OpenJournal): Promise<Contents> {
  const { rows: states } = await history.states({ limit: all });
  const { rows: processes } = await history.processes({ limit: all });
  const nodes = states.map(({ node }) => node);
  const ofEach = async <Key, Row>(keys: readonly Key[], read: (key: Key) => Promise<readonly Row[]>) => {
    const rows: string[] = [];
    for (const key of keys) rows.push(...(await read(key)).map((row) => comparable([key, row])));
    return rows;
  };
  return new Map([
    ['states', states.map(comparable)],
    ['facts', await ofEach(nodes, (node) => history.facts(node, { fromVersion: 1, limit: all }))],
    ['processes', processes.map(comparable)],
    ['commands', await ofEach(processes, ({ processId }) => history.commands(processId))],
    ['repeats', await ofEach(nodes, (node) => history.repeats(node))],
    ['parked', (await history.parked({ limit: all })).map(comparable)],
    ['waiting inputs', await ofEach(nodes, (node) => history.waiting(node))],
    ['lost input', (await upkeep.lostInput()).map(comparable)],
    ['unsent', [comparable(await outbox.backlog())]],
  ]);
}

/** The first row that only one of them has. */
export function differenceOf(memory: Contents, postgres: Contents): Difference | undefined {
  for (const [table, rows] of memory) {
    const here = rows.toSorted();
    const there = postgres.get(table)?.toSorted() ?? [];
    const place = Array.from({ length: Math.max(here.length, there.length) }, (_, index) => index).find(
      (index) => here[index] !== there[index],
    );
    if (place === undefined) continue;
    const nothing = 'no such row';
    return {
      what: `${table}, ${here.length} and ${there.length} rows`,
      inMemory: here[place] ?? nothing,
      onPostgres: there[place] ?? nothing,
    };
  }
  return undefined;
}
