import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import pg from 'pg';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import { openPostgresJournal } from '../../../adapters/postgres/journal.js';
import { connectionSettings, Database } from '../../../adapters/postgres/journal/database.js';
import { JournalUnavailable } from '../../../adapters/ports/journal.js';
import {
  batch,
  commandOf,
  decision,
  nodeNamed,
  noteMessage,
  report,
  retry,
  starting,
  timerOf,
} from './decisions.js';
import { defaultOptions, TestClock } from './harness.js';
import { startTestServer, type TestServer } from './postgres-server.js';

const n1 = nodeNamed('n1');
const n2 = nodeNamed('n2');
const n3 = nodeNamed('n3');

/** As a clock that jumps does while there is work: nobody's wait for it ends. */
class StandingClock extends TestClock {
  override waitUntil(): Promise<void> {
    return new Promise(() => undefined);
  }
}

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

describe('the journal on PostgreSQL, when things go wrong', () => {
  let connectionString: string;
  let copy: OpenJournal;
  let admin: pg.Client;
  beforeEach(async () => {
    connectionString = await server.createDatabase();
    copy = await openPostgresJournal({ ...defaultOptions(new StandingClock()), connectionString });
    admin = new pg.Client({ connectionString });
    admin.on('error', () => undefined);
    await admin.connect();
  });
  afterEach(async () => {
    await admin.end();
    await copy.close();
  });

  const cut = (name: string): Promise<unknown> =>
    admin.query(
      'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()',
      [`faultline-${name}`],
    );

  it('says so when the connection breaks between two pages of what the guard was asked for: it ended the process', async () => {
    await copy.journal.advance(batch([report(n1)], { decide: starting([commandOf(n1, 1, 'isolateNode')]) }));
    const asked = copy.guardHistory.operations({ since: 0 })[Symbol.asyncIterator]();
    expect(await asked.next()).toMatchObject({ done: false });
    await cut('history');
    await expect(asked.next()).rejects.toThrow(JournalUnavailable);
  });

  it('parks the one input whose decision can not be stored; its neighbours commit', async () => {
    const decide: typeof noteMessage = (state, input) => {
      const made = noteMessage(state, input);
      // No bigint takes half a millisecond.
      return state.node === n2 ? { ...made, facts: made.facts.map((fact) => ({ ...fact, at: 0.5 })) } : made;
    };
    const nodes = [n1, n2, n3, n1, n3];
    const result = await copy.journal.advance(
      batch(
        nodes.map((node) => report(node)),
        { decide },
      ),
    );
    expect(result).toMatchObject({ decided: 5, parked: 1, skipped: 0 });
    expect((await copy.history.state(n1))?.version).toBe(2);
    expect((await copy.history.state(n2))?.parked?.reason).toMatch(/bigint/);
    expect((await copy.history.state(n3))?.version).toBe(2);
  });

  it('sends an input that can not even be parked to the dead letters, once, and goes on', async () => {
    const unstorable: typeof noteMessage = (state, input) => {
      const made = noteMessage(state, input);
      return state.node === n2 ? { ...made, facts: made.facts.map((fact) => ({ ...fact, at: 0.5 })) } : made;
    };
    const request = batch([report(n1), report(n2), report(n3)], { decide: unstorable, park: unstorable });
    await copy.journal.advance(request);
    expect((await copy.history.state(n3))?.version).toBe(1);
    const letters = [...(await copy.outbox.unsent([0], 10)), ...(await copy.outbox.unsent([1], 10))].filter(
      ({ topic }) => topic === 'fault.reports.dlt',
    );
    expect(letters).toHaveLength(1);
    expect(String(letters[0]?.body)).toBe(String(request.inputs[1]?.offset));
    expect(letters[0]?.headers['dlt_reason']).toMatch(/can't be stored: .*bigint/);
    expect(await copy.journal.advance(request)).toMatchObject({ skipped: 3 });
  });

  it('takes up what waits one by one when the database refuses one of them, and stops only there', async () => {
    const failing: typeof noteMessage = () => {
      throw new Error('not yet');
    };
    const poison: typeof noteMessage = (state, input) => {
      const made = noteMessage(state, input);
      const isPoison = input.kind === 'report' && input.report.message === 'poison';
      return isPoison ? { ...made, facts: made.facts.map((fact) => ({ ...fact, at: 0.5 })) } : made;
    };
    const of = (message: string) => {
      const input = report(n1, message);
      if (input.kind !== 'report') throw new Error('a report');
      return { ...input, report: { ...input.report, source: message } };
    };
    await copy.journal.advance(batch([of('a'), of('poison'), of('b')], { decide: failing }));
    const waits = async () => (await copy.history.waiting(n1)).map(({ what }) => what.replace(/.* by /, ''));
    await copy.journal.advance(batch([retry(n1)], { decide: poison }));
    expect(await waits()).toEqual(['poison', 'b']);
    await copy.journal.advance(batch([retry(n1)], { decide: poison }));
    expect(await waits()).toEqual(['poison', 'b']);
    expect((await copy.history.state(n1))?.parked).toMatchObject({ attempts: 2 });
    expect((await copy.history.state(n1))?.parked?.reason).toMatch(/bigint/);
    await copy.journal.advance(batch([retry(n1)]));
    expect((await copy.history.state(n1))?.parked).toBeUndefined();
  });

  it('repeats a batch that was the victim of a deadlock, also while the clock stands still', async () => {
    await copy.journal.advance(batch([report(n1), report(n2)]));
    await admin.query("SET deadlock_timeout = '10s'");
    await admin.query('BEGIN');
    await admin.query('SELECT FROM journal.node_state WHERE node_key = $1 FOR UPDATE', [n2]);
    const advancing = copy.journal.advance(batch([report(n1, 'later'), report(n2, 'later')]));
    await expect
      .poll(async () => {
        const { rows } = await admin.query("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
        return rows.length;
      })
      .toBe(1);
    // The batch holds n1 and waits for n2: now each waits for the other, and the server ends the batch.
    await admin.query('SELECT FROM journal.node_state WHERE node_key = $1 FOR UPDATE', [n1]);
    await admin.query('COMMIT');
    expect(await advancing).toMatchObject({ decided: 2, parked: 0 });
    expect((await copy.history.state(n1))?.bootId).toBe('later');
  });

  it('says that it is unavailable when its connection is cut, commits nothing, and recovers by itself', async () => {
    await admin.query('BEGIN');
    await admin.query('LOCK TABLE journal.outbox IN ACCESS EXCLUSIVE MODE');
    const request = batch([report(n1)]);
    const advancing = copy.journal.advance(request);
    const refused = expect(advancing).rejects.toBeInstanceOf(JournalUnavailable);
    await expect
      .poll(async () => {
        const { rows } = await admin.query("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
        return rows.length;
      })
      .toBe(1);
    await cut('journal');
    await refused;
    await admin.query('ROLLBACK');
    expect(await copy.history.state(n1)).toBeUndefined();
    expect(await copy.journal.advance(request)).toMatchObject({ decided: 1 });
  });

  it('refuses to open where no server answers', async () => {
    const options = defaultOptions(new TestClock());
    const nowhere = 'postgresql://nobody@127.0.0.1:1/none';
    await expect(openPostgresJournal({ ...options, connectionString: nowhere })).rejects.toBeInstanceOf(
      JournalUnavailable,
    );
  });

  it('is no sender any more when the connection of its locks is cut', async () => {
    const other = await openPostgresJournal({ ...defaultOptions(new TestClock()), connectionString });
    try {
      expect(await copy.outbox.acquire(0)).toBe(true);
      await cut('outbox');
      await expect.poll(() => other.outbox.acquire(0)).toBe(true);
      await expect
        .poll(() => copy.outbox.unsent([0], 1).catch((error: unknown) => error))
        .toBeInstanceOf(JournalUnavailable);
      expect(await copy.outbox.acquire(0)).toBe(false);
    } finally {
      await other.close();
    }
  });

  it('still wakes waiters after the connection of its notices was cut', async () => {
    await cut('notices');
    await copy.commands.claimable(0, 1);
    const woken = copy.commands.awaitWork(new AbortController().signal);
    await copy.journal.advance(batch([report(n1)], { decide: starting([commandOf(n1, 1)]) }));
    await woken;
  });

  it('reads history under a role that can neither insert, change nor execute', async () => {
    await copy.journal.advance(
      batch([report(n1)], { decide: starting([commandOf(n1, 1)], [timerOf(n1, 'a', 1)]) }),
    );
    const reader = new Database(
      connectionSettings({ connectionString, name: 'test', session: ['role=faultline_reader'] }),
      1,
    );
    const denied = { code: '42501' };
    try {
      const rows = await reader.query<{ current_user: string }>({
        text: 'SELECT current_user FROM journal.command',
      });
      expect(rows).toEqual([{ current_user: 'faultline_reader' }]);
      for (const text of [
        `INSERT INTO journal.command (id, node_key, process_id, command, writes, status, due_at, created_at)
          SELECT 'x', node_key, process_id, command, writes, 'waiting', 0, 0 FROM journal.command`,
        'UPDATE journal.node_state SET version = 0',
        'DELETE FROM journal.fact',
        'TRUNCATE journal.fact',
        'DELETE FROM journal.archive_file',
        'UPDATE journal.node_snapshot SET version = 1',
        "SELECT journal.release_permits(ARRAY['x'], ARRAY['x'], ARRAY['settled'])",
        'CREATE TABLE journal.mine (x integer)',
      ]) {
        await expect(reader.query({ text }), text).rejects.toMatchObject(denied);
      }
      // What is taken from that role is taken from history: it reads under no other.
      await admin.query('REVOKE SELECT ON journal.fact FROM faultline_reader');
      await expect(copy.history.facts(n1, { fromVersion: 1, limit: 1 })).rejects.toMatchObject(denied);
    } finally {
      await reader.close();
    }
  });

  it('says who stands in the way when a state in memory is not what is stored', async () => {
    await copy.journal.advance(batch([report(n1)]));
    await admin.query('UPDATE journal.node_state SET state = jsonb_set(state, $1, $2)', [['version'], '0']);
    // The fact with this version is there already: refused by its primary key, and the parking as well.
    const result = await copy.journal.advance(batch([report(n1), report(n2)]));
    expect(result).toMatchObject({ decided: 1, deadLettered: 1 });
    expect((await copy.history.state(n2))?.version).toBe(1);
  });

  it('decides nothing about an order of facts that is broken', async () => {
    const decide: typeof noteMessage = (state, input) =>
      decision({ ...state, version: state.version + 7 }, input, [{ type: 'FaultOpened' }]);
    expect(await copy.journal.advance(batch([report(n1)], { decide }))).toMatchObject({ parked: 1 });
  });
});
