import { join } from 'node:path';
import { systemClock, systemRandomness } from '../adapters/clock/system-clock.js';
import { openPostgresJournal } from '../adapters/postgres/journal.js';
import { Together } from '../adapters/postgres/journal/together.js';
import { removePostgres, startPostgres } from '../stack/postgres.js';
import { Cleanups, makePlace } from '../stack/site.js';
import { resultOf, type BenchResult } from './bench-result.js';
import { endClaims, fillFleet } from './claim-fleet.js';
import type { Part } from './figures.js';
import { claimKinds, claimsOf, measureClaims, measureClaimsTogether } from './parts/claims.js';

export interface GuardOptions {
  readonly nodes: number;
  /** Commands that wait for leave. */
  readonly waiting: number;
  readonly seconds: number;
  readonly claims: number;
}

const neverWritten = (): never => {
  throw new Error('no outcome is written here');
};

/** Leave to begin, on PostgreSQL alone: how long one claim takes, and how many there are in a second. */
export async function measureGuard({ nodes, waiting, seconds, claims }: GuardOptions): Promise<BenchResult> {
  const cleanups = new Cleanups();
  try {
    const { folder } = await makePlace(cleanups);
    const data = join(folder, 'postgres');
    const server = await startPostgres({ folder: data });
    cleanups.add(() => removePostgres(data));
    cleanups.add(() => server.stop());
    const { connectionString } = server;
    const journal = await openPostgresJournal({
      ...{ connectionString, clock: systemClock, randomness: systemRandomness },
      ...{
        partitionCount: 4,
        outboxPartitions: 4,
        writer: { signal: neverWritten, decided: neverWritten, fates: neverWritten, pause: neverWritten },
      },
    });
    cleanups.add(() => journal.close());
    const wanted = claimKinds.length * (claimsOf(seconds) + claims);
    await fillFleet(connectionString, { nodes, waiting, claims: wanted });
    const numbers = Array.from({ length: wanted }, (_, index) => waiting + 1 + index);
    const present = new Together<undefined, Awaited<ReturnType<typeof journal.guardBook.present>>>(
      async (asked) => {
        const read = await journal.guardBook.present();
        return asked.map(() => read);
      },
    );
    const parts: Part[] = [];
    for (const kind of claimKinds) {
      const bench = { journal, present, connectionString, numbers, ...kind };
      parts.push(await measureClaims(bench, seconds));
      await endClaims(connectionString);
      parts.push(await measureClaimsTogether(bench, claims));
      await endClaims(connectionString);
    }
    return await resultOf({ stack: { connectionString }, partitions: 4 }, parts);
  } finally {
    await cleanups.run();
  }
}
