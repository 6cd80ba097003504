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

function event(
  version: number,
  type: string,
  about: { stage?: string; at?: string; data?: object } = {},
): MadeRecord {
  const { stage = null, at = ago(5), data = {} } = about;
  const headers = { ce_id: `a/n1@1.${version}`, ce_sequence: `1.${version}` };
  return { key: 'a/n1', headers, value: { processId: 'p-1', type, stage, at, data } };
}

const commands = JSON.stringify([
  { id: 'c-1', type: 'isolateNode' },
  { id: 'c-2', type: 'powerOff' },
]);
const started = event(1, 'ProcessStarted', { stage: 'isolating', at: ago(300), data: { commands } });
const ended = event(3, 'ProcessEnded', { data: { outcome: 'Recovered' } });
const outcome = { key: 'a/n1', headers: { ce_id: 'o' }, value: { processId: 'p-1', outcome: 'RECOVERED' } };
const decided = { headers: { ce_id: 'f' }, value: { decided: [{ reportId: 'r-1', fate: 'OPENED' }] } };
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
      const entered = event(2, 'StageEntered', { stage, at });
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

  it('when a node stays isolated by a process that has recovered it, then that is told', async () => {
    expect((await counted({ ...well, audit: [isolation] })).isolatedLeft).toEqual(['n1: i-1.p-1']);
  });
});
