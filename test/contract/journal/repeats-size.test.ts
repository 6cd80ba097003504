import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import { openPostgresJournal } from '../../../adapters/postgres/journal.js';
import type { Decide } from '../../../domain/decision.js';
import type { CauseId } from '../../../domain/identifiers.js';
import type { Input } from '../../../domain/signal.js';
import { decidingBy } from '../../../services/maintenance/decide/decide.js';
import type { Policy } from '../../../workflows/policy.js';
import { activePolicy, observePolicy } from '../../services/maintenance/decide/decided-node.js';
import { batch, nodeNamed, noteMessage, report } from './decisions.js';
import { FlappingAgent } from './flapping-agent.js';
import { defaultOptions, TestClock } from './harness.js';
import { startTestServer, type TestServer } from './postgres-server.js';

const everyMs = 10_000;
const hourMs = 3_600_000;
/** The whole year: FAULTLINE_REPEATED_HOURS=8760; the log's time is what counts, so a part of it shows as much. */
const hours = Number(process.env['FAULTLINE_REPEATED_HOURS'] ?? 6);
/** Reports that one transaction takes: one, as an agent's come; the year takes more at once to be over today. */
const batchSize = hours > 100 ? 60 : 1;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

/** Bytes of every table of the journal, indexes counted, and of them all. */
async function bytesOf(admin: pg.Client): Promise<number> {
  await admin.query('VACUUM');
  const { rows } = await admin.query<{ bytes: string }>(
    `SELECT sum(pg_total_relation_size(oid)) AS bytes
     FROM pg_class WHERE relnamespace = 'journal'::regnamespace AND relkind = 'r'`,
  );
  return Number(rows[0]?.bytes);
}

/** The ids that intake gives. */
function idAt(at: number): CauseId {
  const time = at.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8${randomUUID().slice(20)}` as CauseId;
}

/** By hour. */
interface Grown {
  /** More than the empty journal has. */
  readonly bytes: readonly number[];
  /** Of the first agent's node. */
  readonly facts: readonly number[];
}

describe('an agent that reports every ten seconds', () => {
  let clock: TestClock;
  let copy: OpenJournal;
  let admin: pg.Client;
  const openJournal = async (): Promise<void> => {
    const connectionString = await server.createDatabase();
    clock = new TestClock();
    clock.set(1_790_000_000_000);
    copy = await openPostgresJournal({ ...defaultOptions(clock), connectionString });
    admin = new pg.Client({ connectionString });
    await admin.connect();
  };
  const closeJournal = async (): Promise<void> => {
    await admin.end();
    await copy.close();
  };
  beforeEach(openJournal);
  afterEach(closeJournal);

  const sendAll = async (): Promise<void> => {
    for (const partition of [0, 1])
      await copy.outbox.markSent(await copy.outbox.unsent([partition], 1_000), clock.now());
  };
  /** An hour of an agent, as intake, relay and upkeep see it. */
  const passHour = async (say: () => Input, decide: Decide): Promise<void> => {
    for (let said = 0; said < hourMs / everyMs; said += batchSize) {
      const inputs = Array.from({ length: batchSize }, () => {
        clock.set(clock.now() + everyMs);
        return say();
      });
      await copy.journal.advance(batch(inputs, { decide, appendedAt: clock.now() }));
      await sendAll();
    }
    await copy.upkeep.prune(clock.now() - 21 * 24 * hourMs);
  };

  it('says one thing again and again: the journal grows no more than by what an hour keeps', async () => {
    const n1 = nodeNamed('n1');
    await copy.journal.advance(batch([report(n1)], { appendedAt: clock.now() }));
    await sendAll();
    const first = await bytesOf(admin);
    const sizes: number[] = [];
    for (let hour = 0; hour < hours; hour += 1) {
      await passHour(() => report(n1, 'repeat', idAt(clock.now())), noteMessage);
      sizes.push(await bytesOf(admin));
    }
    const [settled = 0, last = 0] = [sizes[2], sizes.at(-1)];
    process.stdout.write(
      `said again every ten seconds for ${hours} h: ${last - first} bytes more, ${settled - first} after 3 h\n`,
    );
    expect(await copy.history.repeats(n1)).toMatchObject([{ count: (hours * hourMs) / everyMs }]);
    expect((await copy.history.state(n1))?.version).toBe(1);
    expect(last - first).toBeLessThan(500_000);
    expect(last).toBeLessThan(settled * 1.1);
  }, 3_600_000);

  /** What so many agents that flap, and nothing else, make of this journal. */
  const flap = async (policy: Policy, agentCount: number): Promise<Grown> => {
    const deciding = decidingBy({ policy, epoch: 1 });
    const agents = Array.from({ length: agentCount }, (_, index) => {
      const agent = new FlappingAgent(policy, nodeNamed(`n${index + 1}`));
      agent.node.at = clock.now();
      return agent;
    });
    const empty = await bytesOf(admin);
    const bytes: number[] = [];
    const facts: number[] = [];
    for (let hour = 0; hour < hours; hour += 1) {
      for (let said = 0; said < hourMs / everyMs; said += batchSize) {
        const inputs = agents.flatMap((agent) =>
          Array.from({ length: batchSize }, () => agent.after(everyMs, idAt)).flat(),
        );
        clock.set(clock.now() + batchSize * everyMs);
        const options = { group: 'flapping', ...deciding, appendedAt: clock.now() };
        await copy.journal.advance(batch(inputs, options));
        await sendAll();
      }
      await copy.upkeep.prune(clock.now() - 21 * 24 * hourMs);
      facts.push((await copy.history.state(nodeNamed('n1')))?.version ?? 0);
      bytes.push((await bytesOf(admin)) - empty);
    }
    process.stdout.write(
      `${agentCount} flapping every ten seconds for ${hours} h: ${bytes.at(-1)} bytes more than the empty journal, facts of one by hour ${facts.slice(0, 30).join(' ')} … ${facts.at(-1)}\n`,
    );
    return { bytes, facts };
  };

  it.each([
    ['decides', activePolicy],
    ['only observes', observePolicy],
  ])(
    'says firing and cleared in turns to a journal that %s: that grows no more either',
    async (_how, policy) => {
      const alone = await flap(policy, 1);
      await closeJournal();
      await openJournal();
      const three = await flap(policy, 3);
      const [aloneAtLast = 0, threeAtLast = 0] = [alone.bytes.at(-1), three.bytes.at(-1)];
      // Its process goes through the whole ladder, as it never looks well for long enough, and then a person is asked; what
      // nobody answers is told after a day, and then more and more seldom.
      expect((alone.facts.at(-1) ?? 0) - (alone.facts[4] ?? 0)).toBeLessThanOrEqual(
        hours < 24 ? 0 : 5 + hours / 480,
      );
      expect(aloneAtLast - (alone.bytes[4] ?? 0)).toBeLessThan(100_000);
      // What the first one costs is also the first pages and maps of all tables, which are there once.
      expect((threeAtLast - aloneAtLast) / 2).toBeLessThan(1_000_000);
      expect(aloneAtLast).toBeLessThan(1_700_000);
    },
    14_400_000,
  );
});
