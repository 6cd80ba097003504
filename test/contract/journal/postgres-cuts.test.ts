import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import pg from 'pg';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import { openPostgresJournal } from '../../../adapters/postgres/journal.js';
import type { Command } from '../../../domain/command.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import { startCutProxy, type CutProxy } from './cut-proxy.js';
import {
  batch,
  commandOf,
  decision,
  nodeNamed,
  noteMessage,
  report,
  resultOf,
  retry,
  starting,
  timerOf,
  budgetOf,
} from './decisions.js';
import { defaultOptions, TestClock } from './harness.js';
import { startTestServer, type TestServer } from './postgres-server.js';

const due = 500_000;

/** Something that the journal does in one transaction. */
interface Work {
  /** An order of an operator: given twice, it is carried out twice. */
  readonly countsUp?: true;
  /** Prepares it for this node, on a sound connection. */
  readonly prepare?: (sound: OpenJournal, node: NodeKey) => Promise<unknown>;
  /** Makes it, so that it can be done again after a cut as whoever asked would do it again. */
  readonly make: (node: NodeKey, sound: OpenJournal) => Promise<(copy: OpenJournal) => Promise<unknown>>;
}

const off = (node: NodeKey): Command => commandOf(node, 1, 'powerOff');
const begin = (sound: OpenJournal, node: NodeKey): Promise<unknown> =>
  sound.journal.advance(batch([report(node)], { decide: starting([off(node)], [timerOf(node, 'a', due)]) }));
const claim = (copy: OpenJournal, node: NodeKey): Promise<unknown> =>
  copy.commands.claim(off(node).id, {
    by: 'me',
    now: 1_000_000,
    leaseMs: 1_000_000,
    budgets: ['power', 'rate'].map((counter) => budgetOf(counter, 10_000, 'settled')),
  });

const works: Readonly<Record<string, Work>> = {
  'a decided batch': {
    make: (node) => {
      const decide = starting([off(node), commandOf(node, 2)], [timerOf(node, 'a', due)]);
      const other = nodeNamed(`${node.slice(2)}-beside`);
      const request = batch([report(node), report(other, 'repeat'), report(node, 'again')], {
        decide: (state, input) =>
          input.node === node && state.version === 0 ? decide(state, input) : noteMessage(state, input),
      });
      return Promise.resolve((copy) => copy.journal.advance(request));
    },
  },
  'a decided batch that takes commands back': {
    prepare: begin,
    make: (node) => {
      const request = batch([report(node)], {
        decide: (state, input) =>
          decision(state, input, [{ type: 'OrderTaken' }], { revoke: [off(node).id] }),
      });
      return Promise.resolve((copy) => copy.journal.advance(request));
    },
  },
  'a batch that parks a node': {
    make: (node) => {
      const decide: typeof noteMessage = () => {
        throw new Error('can not be decided');
      };
      const request = batch([report(node), report(node, 'more')], { decide });
      return Promise.resolve((copy) => copy.journal.advance(request));
    },
  },
  'taking up what waits for a parked node': {
    prepare: (sound, node) =>
      sound.journal.advance(
        batch([report(node), report(node, 'more')], {
          decide: () => {
            throw new Error('can not be decided');
          },
        }),
      ),
    make: (node) => {
      const request = batch([retry(node)]);
      return Promise.resolve((copy) => copy.journal.advance(request));
    },
  },
  'a claim': { prepare: begin, make: (node) => Promise.resolve((copy) => claim(copy, node)) },
  'a settlement': {
    prepare: async (sound, node) => {
      await begin(sound, node);
      await claim(sound, node);
    },
    make: (node) => Promise.resolve((copy) => copy.commands.settle(resultOf(off(node)), 1_000_000)),
  },
  'timers that fire': {
    prepare: begin,
    make: () => Promise.resolve((copy) => copy.timers.fireDue(due, 1_000)),
  },
  'the mark of what was sent, with what follows': {
    prepare: begin,
    make: async (_node, sound) => {
      const entries = [
        ...(await sound.outbox.unsent([0], 1_000)),
        ...(await sound.outbox.unsent([1], 1_000)),
      ];
      const whenSent = { node: nodeNamed('n1'), signal: { kind: 'RetryParked', reason: 'sent' } as const };
      return (copy) =>
        copy.outbox.markSent(
          entries.map((entry) => ({ ...entry, whenSent })),
          1_000_000,
        );
    },
  },
  'lost input': {
    prepare: async (sound, node) => {
      await begin(sound, node);
      await sound.journal.startAt(node, {
        topic: 'maintenance.signals',
        partition: 0,
        logId: 'l',
        low: 0n,
        high: 9n,
      });
    },
    make: (node) => {
      const assigned = { topic: 'maintenance.signals', partition: 0, logId: 'l', low: 7n, high: 9n };
      return Promise.resolve((copy) => copy.journal.startAt(node, assigned));
    },
  },
  'a new epoch': {
    countsUp: true,
    prepare: begin,
    make: () => Promise.resolve((copy) => copy.upkeep.startEpoch()),
  },
  'a new log epoch': {
    countsUp: true,
    prepare: begin,
    make: () => Promise.resolve((copy) => copy.upkeep.startLogEpoch({ subject: 'anna', reason: 'test' })),
  },
};

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

describe('a connection that is cut between any two statements', () => {
  let proxy: CutProxy;
  let copy: OpenJournal;
  let sound: OpenJournal;
  let admin: pg.Client;
  beforeEach(async () => {
    const connectionString = await server.createDatabase();
    proxy = await startCutProxy(connectionString);
    const options = defaultOptions(new TestClock());
    sound = await openPostgresJournal({ ...options, connectionString });
    copy = await openPostgresJournal({ ...options, connectionString: proxy.connectionString });
    admin = new pg.Client({ connectionString });
    await admin.connect();
  });
  afterEach(async () => {
    await Promise.all([copy.close(), sound.close(), admin.end()]);
    await proxy.close();
  });

  /** All rows of all tables. */
  async function everything(): Promise<readonly string[]> {
    const { rows: tables } = await admin.query<{ name: string }>(
      "SELECT relname AS name FROM pg_class WHERE relnamespace = 'journal'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition",
    );
    const each = tables.map(
      ({ name }) => `SELECT '${name} ' || to_jsonb(t)::text AS row FROM journal.${name} AS t`,
    );
    const { rows } = await admin.query<{ row: string }>(`${each.join(' UNION ALL ')} ORDER BY 1`);
    return rows.map(({ row }) => row);
  }

  /** A cut connection may not have been noticed by the server when the client noticed it. */
  async function settled(): Promise<readonly string[]> {
    await expect
      .poll(async () => {
        const { rows } = await admin.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()`,
        );
        return rows.length;
      })
      .toBe(0);
    return everything();
  }

  it.each(Object.entries(works))(
    'leaves all or nothing of %s',
    async (name, { countsUp = false, prepare, make }) => {
      let [nothing, all] = [0, 0];
      for (let statements = 1; ; statements += 1) {
        const node = nodeNamed(`cut-${statements}`);
        await prepare?.(sound, node);
        const work = await make(node, sound);
        const before = await everything();
        proxy.cutAfter(statements);
        const failed = await work(copy).then(
          () => false,
          () => true,
        );
        if (!proxy.heal()) break;
        expect(failed, 'a cut is told').toBe(true);
        const after = await settled();
        if (after.join('\n') === before.join('\n')) nothing += 1;
        else all += 1;
        // Whoever is cut off does it again: if there was nothing it is all done now, and if there was all it stays so.
        await work(copy);
        const again = await settled();
        expect(again).not.toEqual(before);
        if (all > 0 && !countsUp) expect(again).toHaveLength(after.length);
      }
      // Behind the commit there is all, before it nothing. Who counts up reads afterwards what it counted.
      expect(all).toBeGreaterThanOrEqual(1);
      expect(all).toBeLessThanOrEqual(countsUp ? 2 : 1);
      process.stdout.write(`${name}: cut at ${nothing + all} places\n`);
    },
    120_000,
  );
});
