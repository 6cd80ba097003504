import { beforeEach, describe, expect, it } from 'vitest';
import { createMemoryJournal } from '../../../../adapters/memory/journal.js';
import type { OpenJournal } from '../../../../adapters/journal/options.js';
import type { AdvanceRequest, Deciding } from '../../../../adapters/ports/journal.js';
import type { Decision } from '../../../../domain/decision.js';
import type { CauseId, NodeKey, ProcessId, ReportId } from '../../../../domain/identifiers.js';
import { namesOf } from '../../../../domain/identifiers.js';
import type { NodeState } from '../../../../domain/node-state.js';
import type { Input, OrderKind, Signal } from '../../../../domain/signal.js';
import { decidingBy } from '../../../../services/maintenance/decide/decide.js';
import { jsonWriter, TestClock, TestRandomness } from '../../../contract/journal/harness.js';
import { activePolicy, start } from './decided-node.js';

const node = 'a/n1' as NodeKey;
const other = 'a/n2' as NodeKey;
const thisRelease = decidingBy({ policy: activePolicy, epoch: 1 });

/** A copy of the next release: its processes are pinned to version 9 of their machines, which this one does not know. */
function mapVersion<Value>(value: Value, from: string, to: string): Value {
  const text = JSON.stringify(value).replaceAll(`"workflowVersion":"${from}"`, `"workflowVersion":"${to}"`);
  return JSON.parse(text) as Value;
}
const known = (state: NodeState): NodeState => mapVersion(state, '9', '1');
const pinned = (decision: Decision): Decision => mapVersion(decision, '1', '9');
const nextRelease: Deciding = {
  decide: (state, input) => pinned(thisRelease.decide(known(state), input)),
  admit: (state, input) => thisRelease.admit(known(state), input),
  park: (state, input, error) => pinned(thisRelease.park(known(state), input, error)),
  unpark: (state, input) => pinned(thisRelease.unpark(known(state), input)),
};
/** This release with a mistake: it trips over a certain type. */
const broken: Deciding = {
  ...thisRelease,
  decide: (state, input) => {
    if (input.kind === 'report' && input.report.type === 'MemoryFailure')
      throw new Error('a mistake of ours');
    return thisRelease.decide(state, input);
  },
};

let journal: OpenJournal;
let offset: bigint;
let inputs: number;
beforeEach(() => {
  journal = createMemoryJournal({
    clock: new TestClock(),
    randomness: new TestRandomness(),
    writer: jsonWriter,
    partitionCount: 1,
    outboxPartitions: 1,
    verify: true,
  });
  offset = 0n;
  inputs = 0;
});

type Subject = Pick<AdvanceRequest['inputs'][number]['input'], 'kind'> & Record<string, unknown>;

async function advance(by: Deciding, subject: Subject, about = node) {
  inputs += 1;
  const causeId = `00000000-0000-4000-8000-${String(inputs).padStart(12, '0')}` as CauseId;
  const input = { causeId, node: about, at: start + inputs * 1_000, ...subject } as Input;
  offset += 1n;
  return journal.journal.advance({
    group: 'maintenance',
    topic: 'fault.reports',
    partition: 0,
    logId: 'log',
    inputs: [{ offset: offset - 1n, input }],
    deadLetters: [],
    nextOffset: offset,
    appendedAt: input.at,
    deadLetter: () => ({ topic: 'dlt', key: 'k', body: undefined, headers: {} }),
    ...by,
  });
}

function report(by: Deciding, type: string, about = node) {
  const id = `00000000-0000-4000-8000-${String(inputs + 1).padStart(12, '0')}` as ReportId;
  return advance(
    by,
    { kind: 'report', report: { id, ...namesOf(about), type, status: 'firing', source: 'npd' } },
    about,
  );
}

function signal(by: Deciding, said: Signal) {
  return advance(by, { kind: 'signal', signal: said });
}

async function order(by: Deciding, kind: OrderKind) {
  const processId = (await state())?.process?.id ?? ('p-none' as ProcessId);
  return signal(by, { kind: 'Order', order: { kind, processId, subject: 'anna', reason: 'because' } });
}

const retried: Signal = { kind: 'RetryParked', reason: 'time' };
const state = () => journal.history.state(node);
const facts = async (): Promise<readonly string[]> =>
  (await journal.history.facts(node, { fromVersion: 1, limit: 100 })).map(({ type }) => type);

describe('given an input that can not be decided', () => {
  beforeEach(async () => {
    await report(broken, 'KernelDeadlock');
    await report(broken, 'MemoryFailure');
  });

  it('then its node is parked, what follows waits, and other nodes go on', async () => {
    await report(broken, 'DiskFailure');
    await report(broken, 'DiskFailure', other);
    expect((await state())?.parked).toMatchObject({
      kind: 'failed',
      reason: 'a mistake of ours',
      attempts: 1,
    });
    expect(Object.keys((await state())?.faults ?? {})).toEqual(['KernelDeadlock']);
    expect((await journal.history.waiting(node)).map(({ what }) => what)).toEqual([
      'report MemoryFailure firing by npd',
      'report DiskFailure firing by npd',
    ]);
    expect((await journal.history.state(other))?.process).toBeDefined();
  });

  it('when it is tried again in vain, then it stays parked since then, and says how often', async () => {
    const since = (await state())?.parked?.since;
    await signal(broken, retried);
    expect((await state())?.parked).toMatchObject({ since, attempts: 2 });
  });

  it('when a release without the mistake tries again, then nothing was lost', async () => {
    await report(broken, 'DiskFailure');
    await signal(thisRelease, retried);
    expect((await state())?.parked).toBeUndefined();
    expect(Object.keys((await state())?.faults ?? {}).sort()).toEqual([
      'DiskFailure',
      'KernelDeadlock',
      'MemoryFailure',
    ]);
    expect((await facts()).at(-1)).toBe('NodeUnparked');
  });

  it('when a person orders to retry, then what waits is tried, whatever its process would take', async () => {
    await order(thisRelease, 'retry');
    expect(await facts()).toContain('OrderTaken');
    expect((await state())?.parked).toBeUndefined();
    expect((await state())?.faults.MemoryFailure).toBeDefined();
  });

  it('when a person orders to abort, then that is taken at once, before what waits', async () => {
    await order(thisRelease, 'abort');
    const told = await facts();
    expect(told.indexOf('OrderTaken')).toBeLessThan(told.lastIndexOf('FaultOpened'));
    expect((await state())?.process?.stage).toBe('settling');
  });
});

describe('given a parked node without a process', () => {
  it('when a person has it tried again, then who asked is written down', async () => {
    await report(broken, 'MemoryFailure');
    await signal(thisRelease, { ...retried, subject: 'anna' });
    expect(await facts()).toEqual(expect.arrayContaining(['NodeParked', 'OrderTaken', 'NodeUnparked']));
    expect((await state())?.process).toBeDefined();
    await signal(thisRelease, { ...retried, subject: 'anna' });
    expect((await facts()).at(-1)).toBe('OrderRefused');
  });
});

describe('given a process of a newer release', () => {
  beforeEach(async () => {
    await report(nextRelease, 'KernelDeadlock');
    await report(thisRelease, 'DiskFailure');
  });

  it('then the node waits, visibly, and others run', async () => {
    await report(thisRelease, 'DiskFailure', other);
    expect((await state())?.parked).toMatchObject({ kind: 'unknown-workflow' });
    const [row] = (await journal.history.processes({ node, limit: 1 })).rows;
    expect(row?.waitingFor).toMatch(/workflow reboot version 9 is not known to this copy/);
    expect((await journal.history.state(other))?.process).toBeDefined();
  });

  it('then its commands go on: only deciding has to wait', async () => {
    const claimable = await journal.commands.claimable(Infinity, 10);
    expect(claimable.map(({ command }) => command.type)).toEqual(['isolateNode']);
  });

  it('when tried by copies that do not know it, then nothing happens', async () => {
    const before = await facts();
    await signal(thisRelease, retried);
    expect(await facts()).toEqual(before);
  });

  it('when an order comes to a copy that does not know it, then it is refused with the reason, not lost', async () => {
    await order(thisRelease, 'abort');
    const [last] = (await journal.history.facts(node, { fromVersion: 1, limit: 100 })).slice(-1);
    expect(last).toMatchObject({ type: 'OrderRefused', data: { kind: 'abort', subject: 'anna' } });
    expect(last?.data['refusal']).toMatch(/version 9 is not known/);
  });

  it('when anything comes to a copy that knows it, then it takes up what waited first, in order', async () => {
    await report(thisRelease, 'CpuFailure');
    await report(nextRelease, 'PowerFailure');
    expect((await state())?.parked).toBeUndefined();
    const opened = (await journal.history.facts(node, { fromVersion: 1, limit: 100 }))
      .filter(({ type }) => type === 'FaultOpened')
      .map(({ data }) => (data['fault'] as { readonly type: string }).type);
    expect(opened).toEqual(['KernelDeadlock', 'DiskFailure', 'CpuFailure', 'PowerFailure']);
    expect((await journal.history.processes({ node, limit: 1 })).rows[0]?.waitingFor).toBeUndefined();
  });
});
