import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { judge } from '../../cli/doctor/judge-state.js';
import type { DoctorReport, DoctorState } from '../../cli/forms/doctor.js';
import { toInstant } from '../../services/console/forms/form.js';
import { expectPublishedForm } from '../cli/form-validator.js';
import { runCommand } from '../cli/run-command.js';
import { batch, nodeNamed, report } from '../contract/journal/decisions.js';
import { startWholeInstallation, type WholeInstallation } from './whole-installation.js';

const patience = { timeout: 60_000, interval: 500 };
let faultline: WholeInstallation;

beforeAll(async () => {
  faultline = await startWholeInstallation();
}, 120_000);
afterAll(() => faultline.stop(), 60_000);

async function doctor(): Promise<DoctorReport> {
  const { out } = await runCommand(['doctor', '--config', faultline.configuration, '-o', 'json']);
  const document = JSON.parse(out) as DoctorReport;
  expectPublishedForm(document, 'DoctorReport');
  return document;
}

const found = async (what: string) => (await doctor()).checks.find((check) => check.what === what);

describe('doctor, asked about an installation that runs', { timeout: 120_000 }, () => {
  it('finds nothing that waits for somebody in the beginning', async () => {
    const { checks, state } = await doctor();
    expect(checks.filter(({ result }) => result === 'attention')).toEqual([]);
    expect(state).toMatchObject({ journalEpoch: 1, logEpoch: 1, parkedNodes: [], waitingForPerson: [] });
    expect(checks.find(({ what }) => what === 'epochs')?.detail).toBe('journal epoch 1, log epoch 1');
  });

  it('names dead letters per topic, until they are handled', async () => {
    const { eventLog } = faultline.installation.connections;
    const record = { topic: 'fault.reports', key: 'a/n1', value: Buffer.from('x'), headers: {} };
    await eventLog.append([record, record]);
    const what = 'dead letters in fault.reports.dlt';
    await expect.poll(async () => (await found(what))?.detail, patience).toMatch(/^2, the oldest for \d+s$/);
    expect(await found(what)).toMatchObject({
      result: 'attention',
      next: expect.stringContaining('dlt retry') as string,
    });
    await runCommand(['dlt', 'drop', '--all', '--reason', 'r', '--server', faultline.installation.url]);
    expect(await found(what)).toEqual({ what, result: 'ok', detail: 'none' });
  });

  it('names processes that wait for a person, and does not fail for it', async () => {
    const good = { cluster: 'a', node: 'n1', type: 'DiskFailure', status: 'firing', source: 'agent' };
    expect(await faultline.report(good)).toBe(202);
    const what = 'processes that wait for a person';
    await expect.poll(async () => (await found(what))?.detail, patience).toMatch(/^1, the oldest for /);
    const { code, out } = await runCommand(['doctor', '--config', faultline.configuration]);
    expect(code).toBe(0);
    expect(out).toMatch(/attention +processes that wait for a person +1, the oldest for/);
  });

  it('names parked nodes', async () => {
    const parked = batch([report(nodeNamed('n9'))], {
      group: 'of-the-test',
      decide: () => {
        throw new Error('can not be decided');
      },
    });
    await faultline.installation.connections.journal.journal.advance(parked);
    expect(await found('parked nodes')).toMatchObject({
      result: 'attention',
      detail: expect.stringMatching(/^1 \(failed\), the oldest for /) as string,
      next: expect.stringContaining('order retry') as string,
    });
    expect((await doctor()).state?.parkedNodes).toMatchObject([{ cluster: 'a', kind: 'failed', count: 1 }]);
  });
});

describe('what a state tells somebody to do', () => {
  const now = Date.parse('2026-11-24T12:00:00Z');
  const ago = (minutes: number) => toInstant(now - minutes * 60_000);
  const well: DoctorState = {
    journalEpoch: 1,
    logEpoch: 2,
    paused: false,
    parkedNodes: [],
    deadLetters: [],
    waitingForPerson: [],
    outbox: { count: 0 },
    commands: [],
  };
  const attentions = (state: Partial<DoctorState>) =>
    judge({ ...well, ...state }, now).flatMap(({ what, result, detail }) =>
      result === 'attention' ? [`${what}: ${detail}`] : [],
    );

  it('is nothing where all is well', () => {
    expect(attentions({})).toEqual([]);
  });

  it('is to look at the relay when the outbox is old, not when it is only full', () => {
    expect(attentions({ outbox: { count: 900, oldest: ago(1) } })).toEqual([]);
    expect(attentions({ outbox: { count: 3, oldest: ago(6) } })).toEqual([
      'outbox: 3 unsent, the oldest for 6m',
    ]);
  });

  it('is to look at commands that wait too long, with why; a ticket may wait', () => {
    const command = {
      cluster: 'a',
      command: 'isolateNode',
      state: 'waiting',
      reason: 'BudgetFull',
      count: 4,
    } as const;
    expect(attentions({ commands: [{ ...command, oldest: ago(119) }] })).toEqual([]);
    expect(attentions({ commands: [{ ...command, oldest: ago(200) }] })).toEqual([
      'open commands: isolateNode in a (BudgetFull), the oldest for 3h',
    ]);
    expect(attentions({ commands: [{ ...command, command: 'checkTicket', oldest: ago(9_000) }] })).toEqual(
      [],
    );
  });

  it('is to let a new epoch end its pause', () => {
    expect(attentions({ paused: true })).toEqual(['epochs: journal epoch 1, log epoch 2, paused']);
  });
});
