import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FailingNode, faulty, startBmcs } from './failing-node.js';
import { buildFaultline, startFaultline, type FaultlineProcess } from '../../stack/faultline-process.js';
import { clusterSection, patience } from './real-cluster.js';
import { Cleanups, makePlace } from '../../stack/site.js';
import { writeConfiguration } from './site-configuration.js';

const minutes = (count: number): number => count * 60_000;
const cleanups = new Cleanups();
let node: FailingNode;
let faultline: FaultlineProcess;

beforeAll(async () => {
  const [place] = await Promise.all([makePlace(cleanups), buildFaultline()]);
  const redfish = await startBmcs(place, ['a']);
  node = await FailingNode.start(place, redfish, { cluster: 'a', guarded: false });
  const configuration = await writeConfiguration(place, [clusterSection(node.cluster, node.bmcs)]);
  faultline = await startFaultline({ configuration, folder: place.folder });
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

describe('given a real cluster and Faultline as one process with its embedded stores', () => {
  it(
    'when a kernel message is appended, then the node is isolated, emptied, rebooted, verified and given back',
    async () => {
      await node.fail();
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
      const recovered = { outcome: 'Recovered', workflow: 'reboot' };
      await expect
        .poll(async () => (await ask('get', 'processes')).items, patience)
        .toEqual([expect.objectContaining(recovered)]);
      const { items } = await ask('history', `a/${faulty}`);
      const types = items.map(({ type }) => type);
      expect(types).toEqual(expect.arrayContaining(['FaultOpened', 'ProcessStarted', 'FaultCleared']));
      expect(types.filter((type) => type === 'ProcessEnded')).toHaveLength(1);
    },
    minutes(3),
  );

  it('then the audit log and the BMC witness each effect once', () => node.eachEffectOnce('create'));
});
