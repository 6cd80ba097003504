import { startTestServer, type TestServer } from '../../contract/journal/postgres-server.js';
import { compareSeed, type Comparison } from './compare-seed.js';

export interface Compared {
  readonly schedules: number;
  readonly calls: number;
  readonly facts: number;
  readonly different: readonly Comparison[];
}

/** Compares one seed after another on a server of their own, each in a database of its own. */
export async function compareSeeds(options: {
  readonly firstSeed: number;
  readonly schedules: number;
  /** False: stop before this seed. */
  readonly goOn: () => boolean;
  readonly onSeed?: (seed: number) => void;
}): Promise<Compared> {
  const different: Comparison[] = [];
  let [schedules, calls, facts] = [0, 0, 0];
  const server = await startTestServer();
  try {
    for (let seed = options.firstSeed; schedules < options.schedules && options.goOn(); seed += 1) {
      const comparison = await compareOn(server, seed);
      schedules += 1;
      calls += comparison.calls;
      facts += comparison.facts;
      if (comparison.difference !== undefined) different.push(comparison);
      options.onSeed?.(seed);
    }
    return { schedules, calls, facts, different };
  } finally {
    await server.stop();
  }
}

async function compareOn(server: TestServer, seed: number): Promise<Comparison> {
  const databases: string[] = [];
  const comparison = await compareSeed(seed, async () => {
    const connectionString = await server.createDatabase();
    databases.push(new URL(connectionString).pathname.slice(1));
    return connectionString;
  });
  for (const database of databases) await server.query(`DROP DATABASE "${database}" WITH (FORCE)`);
  return comparison;
}

export function describeComparison({ seed, difference }: Comparison): string {
  return difference === undefined
    ? `seed ${seed}: the same`
    : `seed ${seed}: ${difference.what}\n  in memory     ${difference.inMemory}\n  on PostgreSQL ${difference.onPostgres}`;
}
