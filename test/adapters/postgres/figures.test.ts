import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { OpenJournal } from '../../../adapters/journal/options.js';
import type { PauseId } from '../../../domain/identifiers.js';
import type { Pause } from '../../../domain/pause.js';
import type { FigureReader } from '../../../adapters/ports/figures.js';
import { openPostgresFigures } from '../../../adapters/postgres/figures/figures.js';
import { openPostgresJournal } from '../../../adapters/postgres/journal.js';
import {
  activeProcess,
  batch,
  commandOf,
  decision,
  nodeNamed,
  processOf,
  report,
  starting,
  budgetOf,
} from '../../contract/journal/decisions.js';
import { defaultOptions, jsonWriter, TestClock } from '../../contract/journal/harness.js';
import { startTestServer, type TestServer } from '../../contract/journal/postgres-server.js';

const [n1, n2] = [nodeNamed('n1'), nodeNamed('n2')];
let server: TestServer;
let clock: TestClock;
let connectionString: string;
let journal: OpenJournal;
let figures: FigureReader;
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(async () => {
  for (const close of closers) await close();
  await server.stop();
});

beforeEach(async () => {
  clock = new TestClock();
  connectionString = await server.createDatabase();
  // An entry says when it was made, as those of the real writer do.
  const writer: typeof jsonWriter = {
    ...jsonWriter,
    signal: (...given) => ({
      ...jsonWriter.signal(...given),
      headers: { ce_time: '2026-01-02T00:00:00.000Z' },
    }),
  };
  journal = await openPostgresJournal({ ...defaultOptions(clock), connectionString, writer });
  figures = openPostgresFigures(connectionString);
  closers.push(
    () => figures.close(),
    () => journal.close(),
  );
});

describe('the figures of a journal', () => {
  it('are all nothing in the beginning, and a new journal is paused', async () => {
    expect(await figures.read()).toEqual({
      epoch: 1,
      logEpoch: 1,
      paused: true,
      processes: [],
      parked: [],
      commands: [],
      permits: [],
      pauses: [],
      inventories: [],
      outbox: { unsent: 0 },
      archived: { facts: 0 },
      decided: [],
      handledDeadLetters: [],
    });
  });

  it('count parked nodes with the time of the first', async () => {
    const decide = () => {
      throw new Error('can not be decided');
    };
    await journal.journal.advance(batch([report(n1)], { decide }));
    const [parked] = (await figures.read()).parked;
    expect(parked).toMatchObject({ cluster: 'a', kind: 'failed', count: 1 });
    expect(parked?.oldestAt).toBeGreaterThan(0);
  });

  it('tell open commands by state and reason, and permits while they are held', async () => {
    const [isolate, second, other] = [
      commandOf(n1, 1, 'isolateNode'),
      commandOf(n1, 2, 'observeNode'),
      commandOf(n2, 1, 'isolateNode'),
    ];
    await journal.journal.advance(
      batch([report(n1), report(n2)], { decide: starting([isolate, second, other]) }),
    );
    const now = clock.now();
    const budgets = [budgetOf('isolate/in-flight/a', 1, 'returned')];
    await journal.commands.claim(isolate.id, { by: 'one', now, leaseMs: 1000, budgets });
    await journal.commands.postpone(other.id, { until: now + 1, reason: 'BudgetFull: isolate/in-flight/a' });
    const { commands, permits, processes, decided } = await figures.read();
    const open = commands.map(({ type, state, why, count, oldestAt }) => [type, state, why, count, oldestAt]);
    expect(open).toEqual([
      ['isolateNode', 'attempting', 'Claimed', 1, now],
      ['isolateNode', 'waiting', 'BudgetFull', 1, now],
      ['observeNode', 'waiting', 'BehindAnother', 1, now],
    ]);
    expect(permits).toEqual([{ cluster: 'a', operation: 'isolate', count: 1 }]);
    expect(processes.map(({ count }) => count)).toEqual([2]);
    expect(decided).toHaveLength(1);
  });

  it('count the pauses in force by what a person has to do with them', async () => {
    const begun = { by: 'anna', reason: 'because', at: 5 };
    const incident = {
      ...{ breaker: 'many', common: 'cluster a', shared: [], nodes: [n1], count: 1 },
      ...{ faultTypes: ['DiskFailure'], since: 1, latestAt: 2 },
    };
    const begin = (id: string, at: number, more: Partial<Pause> = {}) =>
      journal.guardBook.begin({ id: id as PauseId, key: id, where: {}, begun: { ...begun, at }, ...more });
    await begin('z-1', 7);
    await begin('z-2', 6);
    await begin('z-3', 8, { incident });
    await begin('z-4', 9, { incident });
    await begin('z-5', 3);
    await journal.guardBook.deny('z-4' as PauseId, begun);
    await journal.guardBook.end('z-5' as PauseId, { ...begun, how: 'thawed' });
    expect((await figures.read()).pauses).toEqual([
      { kind: 'denied', count: 1, oldestAt: 9 },
      { kind: 'freeze', count: 2, oldestAt: 6 },
      { kind: 'incident', count: 1, oldestAt: 8 },
    ]);
  });

  it('keep the first word of a reason only: the rest may name anything', async () => {
    const [first, second] = [commandOf(n1, 1), commandOf(n2, 1)];
    await journal.journal.advance(batch([report(n1), report(n2)], { decide: starting([first, second]) }));
    await journal.commands.postpone(first.id, { until: clock.now() + 1, reason: 'Threw: node-17 is away' });
    await journal.commands.postpone(second.id, { until: clock.now() + 1, reason: '10.0.0.1 is away' });
    const { commands } = await figures.read();
    expect(commands.map(({ why }) => why)).toEqual(['Other', 'Threw']);
  });

  it('count processes by where they are, those that ask a person, and those that isolate', async () => {
    const id = processOf(n1);
    const active = activeProcess(id, 3, 'waitingForPerson');
    const process = {
      ...active,
      context: { ...active.context, isolated: true, enteredAt: 77, waitingFor: 'NoTicketSystem' },
    };
    await journal.journal.advance(
      batch([report(n1)], {
        decide: (state, input) =>
          decision(state, input, [{ type: 'ProcessStarted', state: { process }, processId: id }]),
      }),
    );
    expect((await figures.read()).processes).toEqual([
      {
        cluster: 'a',
        workflow: active.workflow,
        stage: 'waitingForPerson',
        waitsForPerson: true,
        isolated: true,
        count: 1,
        oldestAt: 77,
      },
    ]);
  });

  it('tell how old the oldest unsent entry is by what it says itself, and nothing of what was sent', async () => {
    const command = commandOf(n1, 1);
    await journal.journal.advance(batch([report(n1)], { decide: starting([command]) }));
    await journal.commands.claim(command.id, { by: 'one', now: clock.now(), leaseMs: 1, budgets: [] });
    for (const partition of [0, 1])
      await journal.outbox.markSent(await journal.outbox.unsent([partition], 100), clock.now());
    expect((await figures.read()).outbox).toEqual({ unsent: 0 });
    const { id: commandId, type: commandType, processId, stageEntry } = command;
    await journal.commands.settle(
      { commandId, commandType, processId, stageEntry, status: 'done', detail: {} },
      clock.now(),
    );
    expect((await figures.read()).outbox).toEqual({ unsent: 1, oldestAt: Date.parse('2026-01-02') });
  });
});
