import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import pg from 'pg';
import type { OpenJournal, OpenWebhooks } from '../../../adapters/journal/options.js';
import { openPostgresJournal } from '../../../adapters/postgres/journal.js';
import type { Change } from '../../../domain/change.js';
import type { Command } from '../../../domain/command.js';
import type { NodeKey, PauseId } from '../../../domain/identifiers.js';
import { changeNamed } from './changes-suite.js';
import { issueCommands } from './claiming.js';
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

type Copy = OpenJournal & OpenWebhooks;

/** Something that the journal does in one transaction. */
interface Work {
  /** An order of an operator: given twice, it is carried out twice. */
  readonly countsUp?: true;
  /** Prepares it for this node, on a sound connection. */
  readonly prepare?: (sound: Copy, node: NodeKey) => Promise<unknown>;
  /** Makes it, so that it can be done again after a cut as whoever asked would do it again. */
  readonly make: (node: NodeKey, sound: Copy) => Promise<(copy: Copy) => Promise<unknown>>;
}

const off = (node: NodeKey): Command => commandOf(node, 1, 'powerOff');
const begin = (sound: Copy, node: NodeKey): Promise<unknown> =>
  sound.journal.advance(batch([report(node)], { decide: starting([off(node)], [timerOf(node, 'a', due)]) }));
const claim = (copy: Copy, node: NodeKey): Promise<unknown> =>
  copy.commands.claim(off(node).id, {
    by: 'me',
    now: 1_000_000,
    leaseMs: 1_000_000,
    budgets: ['power', 'rate'].map((counter) => budgetOf(counter, 10_000, 'settled')),
  });

/** A claim of the one place that there is under this name. */
const claimFull = (copy: Copy, { id }: Command, counter: string): Promise<unknown> =>
  copy.commands.claim(id, {
    ...{ by: 'me', now: 1_000_000, leaseMs: 1_000_000, budgets: [budgetOf(counter, 1, 'settled')] },
    waits: { full: {}, behind: 2_000_000 },
  });
const changeOf = (node: NodeKey): Change => changeNamed(node.slice(2), { node });
const webhookPlace = { topic: 'fault.hardware', partition: 1, logId: 'l' };

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
  'a claim that is refused, and stands in line': {
    prepare: async (sound, node) => {
      await begin(sound, node);
      const other = commandOf(nodeNamed(`${node.slice(2)}-first`), 1, 'powerOff');
      await issueCommands(sound, [other]);
      await claimFull(sound, other, node);
    },
    make: (node) => Promise.resolve((copy) => claimFull(copy, off(node), node)),
  },
  'leave for a change of others, that others were waiting behind': {
    prepare: async (sound, node) => {
      await sound.changeBook.keep(changeOf(node), 0);
      await sound.changeBook.wait(changeOf(node).id, { reason: 'BudgetFull', line: node, askAgainAt: 1 });
      await begin(sound, node);
    },
    make: async (node, sound) => {
      const { version: guardVersion } = await sound.guardBook.present();
      await sound.upkeep.resume();
      return (copy) =>
        copy.changeBook.grant(changeOf(node).id, {
          ...{ now: 1_000_000, guardVersion },
          budgets: [budgetOf(node, 1, 'settled')],
        });
    },
  },
  'the end of a change of others': {
    prepare: async (sound, node) => {
      await sound.changeBook.keep(changeOf(node), 0);
      await sound.upkeep.resume();
      const { version: guardVersion } = await sound.guardBook.present();
      const budgets = [budgetOf(node, 1, 'settled')];
      await sound.changeBook.grant(changeOf(node).id, { now: 1_000_000, guardVersion, budgets });
    },
    make: (node) =>
      Promise.resolve((copy) =>
        copy.changeBook.end(changeOf(node).id, { how: 'succeeded', by: 'x', at: 1_000_001 }),
      ),
  },
  'a pause': {
    make: (node) => {
      const begun = { by: 'anna', reason: 'test', at: 1 };
      const pause = { id: node as string as PauseId, key: node, where: { clusters: ['a'] }, begun };
      return Promise.resolve((copy) => copy.guardBook.begin(pause));
    },
  },
  'a version of the policy': {
    make: (node) =>
      Promise.resolve((copy) => copy.guardPolicies.record({ version: node, policy: '{}', at: 1, by: 'pod' })),
  },
  'the fleet as it was seen': {
    make: (node) => {
      const member = { node, pool: 'p', zone: 'z', labels: {}, unavailable: false, controlPlane: false };
      return Promise.resolve((copy) => copy.inventory.replace('a', [member], 1_000_000));
    },
  },
  'a dead letter that is taken up again': {
    make: (node) => {
      const place = { logId: 'l', topic: `${node}.dlt`, partition: 0, offset: 3n };
      const entry = { topic: 'fault.reports', key: node, body: Buffer.from('x'), headers: {} };
      const decision = { handled: 'retried', at: 1, subject: 'anna', reason: 'mended' } as const;
      return Promise.resolve((copy) => copy.deadLetters.handle([{ place, entry }], decision));
    },
  },
  'what a webhook keeps for later, and its cursor': {
    prepare: async (sound, node) => {
      await sound.webhooks.enrol([node]);
      await sound.webhooks.begin(node, { ...webhookPlace, nextOffset: 3n });
    },
    make: (node) => {
      const { topic, ...place } = { ...webhookPlace, offset: 3n };
      const event = { topic, place, node, eventId: `${node}@1.1`, json: '{}', appendedAt: 1 };
      const tried = { state: 'waiting', firstTriedAt: 1, tries: 1, dueAt: 2, reason: 'away' } as const;
      return Promise.resolve((copy) =>
        copy.webhooks.advance(node, { ...webhookPlace, nextOffset: 4n }, [{ ...event, ...tried }]),
      );
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
  let copy: Copy;
  let sound: Copy;
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
