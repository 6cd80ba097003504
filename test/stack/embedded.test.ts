import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FailingNode, faulty, startBmcs } from './failing-node.js';
import { writes } from './audit-log.js';
import { buildFaultline, startFaultline, type FaultlineProcess } from '../../stack/faultline-process.js';
import { clusterSection, patience } from './real-cluster.js';
import { Cleanups, makePlace } from '../../stack/site.js';
import { writeConfiguration } from './site-configuration.js';

const minutes = (count: number): number => count * 60_000;
const cleanups = new Cleanups();
let node: FailingNode;
let faultline: FaultlineProcess;
/** Writes the cluster's mode into the configuration and starts Faultline, as an operator does. */
let start: (mode: 'observe' | 'active') => Promise<void>;

beforeAll(async () => {
  const [place] = await Promise.all([makePlace(cleanups), buildFaultline()]);
  const redfish = await startBmcs(place, ['a']);
  node = await FailingNode.start(place, redfish, { cluster: 'a', guarded: false });
  start = async (mode) => {
    const configuration = await writeConfiguration(place, [clusterSection(node.cluster, node.bmcs, mode)]);
    faultline = await startFaultline({ configuration, folder: place.folder });
  };
  await start('observe');
  cleanups.add(() => faultline.process.stop());
}, minutes(15));

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') process.stderr.write(await faultline.output());
}, minutes(1));
afterAll(() => cleanups.run(), minutes(3));

interface Items {
  readonly items: readonly Readonly<Record<string, unknown>>[];
}

/** What the shipped command answers, as JSON. */
async function ask(...args: readonly string[]): Promise<Items> {
  const program = join(import.meta.dirname, '../../dist/cli/main.js');
  const line = [program, ...args, '--server', faultline.url, '-o', 'json'];
  const { stdout } = await promisify(execFile)(process.execPath, line);
  return JSON.parse(stdout) as Items;
}

const withheld = { outcome: 'Cancelled', reason: 'Withheld', workflow: 'reboot' };
const recovered = { outcome: 'Recovered', workflow: 'reboot' };

describe('given a real cluster and Faultline as one process with its embedded stores', () => {
  it(
    'in observe, when a kernel message is appended, then all is recorded as withheld, and the API server sees no write',
    async () => {
      await node.fail();
      await expect
        .poll(async () => (await ask('get', 'processes')).items, patience)
        .toEqual([expect.objectContaining(withheld)]);
      const requests = await node.requests();
      expect(requests.map(({ verb }) => verb)).toContain('watch');
      expect(writes(requests)).toEqual([]);
    },
    minutes(4),
  );

  it(
    'when it becomes active, then for the same fault the node is isolated, emptied, rebooted, verified and given back',
    async () => {
      await faultline.process.stop();
      expect(writes(await node.requests())).toEqual([]);
      await start('active');
      await node.isolated();
      await node.workloadRunsElsewhere();
      await node.returned();
      await node.workloadRunsElsewhere();
    },
    minutes(8),
  );

  it(
    'then the command shows the outcome, and the history from the first report on',
    async () => {
      await expect
        .poll(async () => (await ask('get', 'processes')).items, patience)
        .toEqual(
          expect.arrayContaining([expect.objectContaining(withheld), expect.objectContaining(recovered)]),
        );
      const { items } = await ask('history', `a/${faulty}`);
      const types = items.map(({ type }) => type);
      expect(types).toEqual(
        expect.arrayContaining([
          'FaultOpened',
          'FaultLeft',
          'FaultTakenUp',
          'ProcessStarted',
          'FaultCleared',
        ]),
      );
      expect(types.filter((type) => type === 'FaultOpened')).toHaveLength(1);
      expect(types.filter((type) => type === 'ProcessEnded')).toHaveLength(2);
    },
    minutes(3),
  );

  it('then the audit log and the BMC witness each effect once', () => node.eachEffectOnce('create'));
});
