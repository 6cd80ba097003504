import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Count } from '../../chaos/count.js';
import { counted as countedIn, user, type MadeRecord, type World } from './made-world.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-count-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const counted = (world: World): Promise<Count> => countedIn(folder, world);

const ago = (seconds: number): string =>
  new Date(Date.now() - seconds * 1_000).toISOString().replace('Z', '+00:00');

const headersOf = (version: number, of: string): Readonly<Record<string, string>> => ({
  ce_id: `a/n1@1.${version}/${of}`,
  ce_sequence: `1.${version}`,
});

function event(
  version: number,
  type: string,
  about: { stage?: string; at?: string; data?: object } = {},
): MadeRecord {
  const { stage = null, at = ago(5), data = {} } = about;
  const value = { processId: 'p-1', type, stage, at, data };
  return { key: 'a/n1', headers: headersOf(version, 'ProcessEvent'), value };
}

function fault(version: number, change: 'OPENED' | 'CLEARED', at = ago(300)): MadeRecord {
  const value = { faultId: 'f-1', type: 'DiskFailure', change, at };
  return { key: 'a/n1', headers: headersOf(version, 'FaultChanged'), value };
}

/** What is said to have become of a report. */
function fate(reportId: string, faultId: string, at = ago(300)): MadeRecord {
  const one = { reportId, cluster: 'a', node: 'n1', fate: 'OPENED', faultId, at };
  return { headers: { ce_id: `fate of ${reportId}` }, value: { decided: [one] } };
}

const commands = JSON.stringify([
  { id: 'c-1', type: 'isolateNode' },
  { id: 'c-2', type: 'powerOff' },
]);
const opened = fault(1, 'OPENED');
const started = event(2, 'ProcessStarted', { stage: 'isolating', at: ago(300), data: { commands } });
const ended = event(4, 'ProcessEnded', { data: { outcome: 'Recovered' } });
const cleared = fault(5, 'CLEARED', ago(5));
const outcome = { key: 'a/n1', headers: { ce_id: 'o' }, value: { processId: 'p-1', outcome: 'RECOVERED' } };
const decided = fate('r-1', 'f-1');
const reset = { path: '/redfish/v1/Systems/1/Actions/ComputerSystem.Reset', status: 204, command: 'c-2' };
const off = { ...reset, body: '{"ResetType":"ForceOff"}' };

const taint = { key: 'faultline.dev/maintenance', value: 'i-1.p-1', effect: 'NoSchedule' };
function nodePatch(request: readonly object[], taints: readonly object[]): object {
  return {
    stage: 'ResponseComplete',
    verb: 'patch',
    user: { username: user },
    objectRef: { resource: 'nodes', name: 'n1' },
    responseStatus: { code: 200 },
    requestObject: request,
    responseObject: { kind: 'Node', spec: { taints } },
  };
}
const isolation = nodePatch([{ op: 'add', path: '/spec/taints', value: [taint] }], [taint]);
const giveBack = nodePatch([{ op: 'remove', path: '/spec/taints' }], []);

const well = {
  records: {
    'fault.report-fates': [decided],
    'fault.hardware': [opened, cleared],
    'maintenance.events': [started, ended],
    'maintenance.outcomes': [outcome],
  },
  acknowledged: ['r-1'],
  audit: [isolation, giveBack],
  bmcs: [off, { ...reset, body: '{"ResetType":"On"}' }],
  webhook: [{ path: '/actions', status: 202, body: '{"action":"reimage","commandId":"c-3"}' }],
} satisfies World;
const none = { lost: [], doubled: [], stuck: [], isolatedLeft: [] };

describe('given a run in which all went well', () => {
  it('then nothing is lost, doubled, stuck or left', async () => {
    expect(await counted(well)).toMatchObject({
      ...none,
      acknowledged: 1,
      fates: { OPENED: 1 },
      effects: { isolate: 1, 'patch node': 1, ForceOff: 1, On: 1, reimage: 1 },
      outcomes: { RECOVERED: 1 },
      commands: 2,
      open: 0,
      untended: 0,
    });
  });

  it('then what was published twice counts once, and a dead letter is a fate', async () => {
    const letter = { headers: { ce_id: 'r-2' }, value: {} };
    const records = {
      ...well.records,
      'fault.report-fates': [decided, decided],
      'fault.reports.dlt': [letter],
    };
    const count = await counted({ ...well, records, acknowledged: ['r-1', 'r-2'] });
    expect(count).toMatchObject({ ...none, fates: { OPENED: 1 }, deadLetters: 1 });
  });
});

describe('given a run in which something went wrong', () => {
  it('when an acknowledged report has no fate, then it is lost', async () => {
    expect((await counted({ ...well, acknowledged: ['r-1', 'r-9'] })).lost).toEqual([{ reportId: 'r-9' }]);
  });

  it('when a command had its effect twice, then it is doubled; a refused try is none', async () => {
    const refused = { ...off, status: 503 };
    expect((await counted({ ...well, bmcs: [refused, off] })).doubled).toEqual([]);
    expect((await counted({ ...well, bmcs: [off, off] })).doubled).toEqual(['ForceOff for c-2: 2 times']);
    const action = well.webhook[0] ?? {};
    expect((await counted({ ...well, webhook: [action, action] })).doubled).toEqual([
      'reimage for c-3: 2 times',
    ]);
    expect((await counted({ ...well, audit: [isolation, isolation, giveBack] })).doubled).toEqual([
      'isolation by p-1: 2 times, 1 commands',
    ]);
  });

  it('when an order names no command, then that alone is wrong', async () => {
    const unnamed = { path: off.path, status: 204, body: off.body };
    expect((await counted({ ...well, bmcs: [unnamed] })).doubled).toEqual(['ForceOff for None']);
  });

  it('when a process is too long in its stage, then it is stuck, unless it waits for a person', async () => {
    const open = (stage: string, at: string): Promise<Count> => {
      const entered = event(3, 'StageEntered', { stage, at });
      const records = {
        ...well.records,
        'maintenance.events': [started, entered],
        'maintenance.outcomes': [],
      };
      return counted({ ...well, records });
    };
    expect(await open('booting', ago(30))).toMatchObject({ stuck: [], open: 1, waitingForPerson: 0 });
    expect((await open('booting', ago(90))).stuck).toEqual([
      expect.stringMatching(/^p-1 of a\/n1: booting for 9/),
    ]);
    expect(await open('waitingForPerson', ago(90))).toMatchObject({ stuck: [], waitingForPerson: 1 });
  });

  describe('when reports have opened faults and nobody took these up', () => {
    const stuckBy = async (
      events: readonly MadeRecord[],
      faults: readonly MadeRecord[] = [opened],
    ): Promise<readonly string[]> => {
      const records = { 'fault.report-fates': [decided], 'fault.hardware': faults };
      return (await counted({ ...well, records: { ...records, 'maintenance.events': events } })).stuck;
    };

    it('then each is stuck', async () => {
      expect(await stuckBy([])).toEqual([
        expect.stringMatching(/^fault f-1 of a\/n1: DiskFailure without a process for \d+ s$/),
      ]);
    });

    it('then one that its process left as it was is stuck, unless it was handed over to people', async () => {
      const over = event(4, 'ProcessEnded', { at: ago(90), data: { outcome: 'Recovered' } });
      const handedOver = event(5, 'FaultLeft', {
        data: { left: 'handedOver', fault: JSON.stringify({ id: 'f-1' }) },
      });
      expect(await stuckBy([started, over])).toEqual([expect.stringMatching(/without a process for \d+ s$/)]);
      expect(await stuckBy([started, over, handedOver])).toEqual([]);
    });

    it('then one that may still get a process is untended, and not stuck yet', async () => {
      const records = { 'fault.report-fates': [decided], 'fault.hardware': [fault(1, 'OPENED', ago(30))] };
      expect(await counted({ ...well, records })).toMatchObject({ untended: 1, stuck: [] });
    });

    it('then one is not stuck that has a process, is closed, or whose process is only just over', async () => {
      const waiting = event(3, 'StageEntered', { stage: 'waitingForPerson', at: ago(5) });
      expect(await stuckBy([started, waiting])).toEqual([]);
      expect(await stuckBy([], [opened, cleared])).toEqual([]);
      const over = event(4, 'ProcessEnded', { at: ago(30), data: { outcome: 'Cancelled' } });
      expect(await stuckBy([started, over])).toEqual([]);
    });

    it('then 300 of them that are on no topic at all are 300', async () => {
      const reports = Array.from({ length: 300 }, (_, index) => `r-${index}`);
      const fates = reports.map((report, index) => fate(report, `f-${index}`));
      const records = { 'fault.report-fates': fates };
      const { stuck, fates: became } = await counted({ records, acknowledged: reports });
      expect(became).toEqual({ OPENED: 300 });
      expect(stuck).toHaveLength(300);
      expect(stuck[0]).toBe('fault f-0 of a/n1: said to be opened, and on no topic');
    });
  });

  it('when a node stays isolated by a process that has recovered it, then that is told', async () => {
    expect((await counted({ ...well, audit: [isolation] })).isolatedLeft).toEqual(['n1: i-1.p-1']);
  });
});
