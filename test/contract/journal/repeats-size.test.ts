import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPostgresJournal } from '../../../adapters/postgres/journal.js';
import { batch, nodeNamed, report } from './decisions.js';
import { defaultOptions, TestClock } from './harness.js';
import { startTestServer, type TestServer } from './postgres-server.js';

const dayMs = 86_400_000;
/** As the composition keeps causes: longer than the input topics keep their records. */
const keptDays = 21;
const reportsADay = 200;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

/** Bytes of the whole journal, and of the causes in it, indexes counted. */
async function bytesOf(admin: pg.Client): Promise<{ readonly causes: number; readonly rest: number }> {
  await admin.query('VACUUM');
  const { rows } = await admin.query<{ causes: string; rest: string }>(
    `SELECT sum(pg_total_relation_size(oid)) FILTER (WHERE relname = 'input_seen') AS causes,
       sum(pg_total_relation_size(oid)) FILTER (WHERE relname <> 'input_seen') AS rest
     FROM pg_class WHERE relnamespace = 'journal'::regnamespace AND relkind = 'r'`,
  );
  return { causes: Number(rows[0]?.causes), rest: Number(rows[0]?.rest) };
}

it('a year of one report said again and again is one row, and its causes grow no more than they are kept', async () => {
  const connectionString = await server.createDatabase();
  const clock = new TestClock();
  const copy = await openPostgresJournal({ ...defaultOptions(clock), connectionString });
  const admin = new pg.Client({ connectionString });
  await admin.connect();
  const n1 = nodeNamed('n1');
  try {
    await copy.journal.advance(batch([report(n1)]));
    let [first, settled] = [await bytesOf(admin), await bytesOf(admin)];
    for (let day = 1; day <= 365; day += 1) {
      clock.set(clock.now() + dayMs);
      await copy.journal.advance(batch(Array.from({ length: reportsADay }, () => report(n1, 'repeat'))));
      const { rows } = await admin.query<{ sent: string }>('SELECT count(*) AS sent FROM journal.outbox');
      if (Number(rows[0]?.sent) > 0)
        for (const partition of [0, 1])
          await copy.outbox.markSent(await copy.outbox.unsent([partition], 1_000), clock.now());
      await copy.upkeep.prune(clock.now() - keptDays * dayMs);
      if (day === 1) first = await bytesOf(admin);
      if (day % 10 === 0) {
        const now = await bytesOf(admin);
        if (day === 40) settled = now;
      }
    }
    const last = await bytesOf(admin);
    const kept = keptDays * reportsADay;
    const perCause = Math.round(last.causes / kept);
    process.stdout.write(`repeats: ${last.rest - first.rest} bytes a year more, and ${perCause} a cause\n`);
    expect(await copy.history.repeats(n1)).toMatchObject([{ count: 365 * reportsADay }]);
    expect((await copy.history.state(n1))?.version).toBe(1);
    expect(last.rest - first.rest).toBeLessThan(200_000);
    expect(last.causes).toBeLessThan(settled.causes * 1.5);
  } finally {
    await admin.end();
    await copy.close();
  }
}, 300_000);
