import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PodReference } from '../../../../domain/command.js';
import type { ProcessId } from '../../../../domain/identifiers.js';
import { Site } from './site.js';
import { addPod, disturb, writes, nodeName } from '../../workload-on-node.js';

let site: Site;
let pods: readonly PodReference[];

beforeEach(async () => {
  site = await Site.start();
  await site.isolate();
  pods = [addPod(site, 'web-1'), addPod(site, 'web-2')];
  await site.cluster.pass(5);
});

afterEach(() => site.stop());

const fence = (about: { processId?: ProcessId } = {}) =>
  site.command('fenceWorkload', { pods: pods.map(({ uid }) => uid) }, about);
const unfence = (about: { processId?: ProcessId } = {}) => site.command('unfenceWorkload', {}, about);
const foreign = { processId: 'p-ffffffffffffffff' as ProcessId };
const unfinished = { unfinishedAttempt: true, attempts: 1 };

function isFenced(): boolean {
  const taints = site.cluster.node(nodeName).spec?.['taints'];
  return JSON.stringify(taints ?? []).includes('node.kubernetes.io/out-of-service');
}

/** The machine is off, and Kubernetes has noticed. */
async function powerOff(): Promise<void> {
  site.machine.powerOff();
  await site.cluster.pass(60);
}

const patches = () => writes(site, { method: 'PATCH', resource: 'nodes' });

/** A tolerant pod is not given up by Kubernetes. */
function addTolerantPod(): void {
  pods = [...pods, addPod(site, 'tolerant', { tolerations: [{ operator: 'Exists' }] })];
}

describe('fenceWorkload', () => {
  it('given a machine that is off, then Kubernetes gives up its pods, and the end is seen', async () => {
    await powerOff();
    expect(await site.result(fence())).toMatchObject({ status: 'done', detail: { pods: [] } });
    expect(site.cluster.podsOn(nodeName)).toEqual([]);
    expect(isFenced()).toBe(true);
  });

  it('given power that is on, then nothing is written', async () => {
    const before = patches().length;
    expect(await site.result(fence())).toMatchObject({
      status: 'failed',
      detail: { reason: 'PowerNotOff' },
    });
    expect(patches()).toHaveLength(before);
  });

  it('given the power comes back while it waits, then the taint goes at once', async () => {
    addTolerantPod();
    await powerOff();
    site.duringNextWait(() => {
      site.machine.powerOn();
    });
    expect(await site.result(fence())).toMatchObject({
      status: 'failed',
      detail: { reason: 'PowerCameBack' },
    });
    expect(isFenced()).toBe(false);
  });

  it('given a crash after the taint and power that came back meanwhile, then the taint goes: it stayed, and running pods were given up', async () => {
    addTolerantPod();
    await powerOff();
    site.queue.loseClaims();
    expect(await site.queue.carryOut(fence())).toBe('claim lost');
    expect(isFenced()).toBe(true);
    site.machine.powerOn();
    expect(await site.result(fence(), unfinished)).toMatchObject({
      status: 'failed',
      detail: { reason: 'PowerCameBack' },
    });
    expect(isFenced()).toBe(false);
  });

  it.each(['before-acting', 'after-acting'] as const)(
    'given the answer is lost (%s), then trying again ends well with one taint',
    async (when) => {
      await powerOff();
      disturb(site, { method: 'PATCH', resource: 'nodes' }, when, { kind: 'disconnect' });
      expect(await site.queue.carryOut(fence())).toMatch(/^NoAnswer/);
      expect(await site.result(fence())).toMatchObject({ status: 'done', detail: { pods: [] } });
      expect(
        JSON.stringify(site.cluster.node(nodeName).spec?.['taints']).split('out-of-service'),
      ).toHaveLength(2);
    },
  );

  it('given pods that do not go, then it failed and names them', async () => {
    addTolerantPod();
    await powerOff();
    expect(await site.result(fence())).toMatchObject({
      status: 'failed',
      detail: { reason: 'WorkloadStays', pods: [{ name: 'tolerant' }] },
    });
  });

  it('given a BMC that is silent, then nothing is concluded and nothing written', async () => {
    await powerOff();
    const before = patches().length;
    site.bmc.misbehave('hangs');
    expect(await site.queue.carryOut(fence())).toMatch(/^BmcSilent/);
    expect(patches()).toHaveLength(before);
  });

  it('given a node of another process, then nothing is written', async () => {
    await powerOff();
    expect(await site.result(fence(foreign))).toMatchObject({ detail: { reason: 'NotIsolated' } });
    expect(isFenced()).toBe(false);
  });
});

describe('unfenceWorkload', () => {
  beforeEach(async () => {
    await powerOff();
    await site.result(fence());
  });

  it('given our taint, then it goes, and the isolation stays', async () => {
    expect(await site.result(unfence())).toMatchObject({ status: 'done' });
    expect(isFenced()).toBe(false);
    expect(JSON.stringify(site.cluster.node(nodeName).spec?.['taints'])).toContain(
      'faultline.dev/maintenance',
    );
  });

  it('given it is gone already, then it is done without a write', async () => {
    await site.result(unfence());
    const before = patches().length;
    expect(await site.result(unfence(), unfinished)).toMatchObject({ status: 'done' });
    expect(patches()).toHaveLength(before);
  });

  it.each(['before-acting', 'after-acting'] as const)(
    'given the answer is lost (%s), then it is tried again and gone',
    async (when) => {
      disturb(site, { method: 'PATCH', resource: 'nodes' }, when, { kind: 'disconnect' });
      expect(await site.queue.carryOut(unfence())).toMatch(/^NoAnswer/);
      expect(await site.result(unfence())).toMatchObject({ status: 'done' });
      expect(isFenced()).toBe(false);
    },
  );

  it("given somebody else's taint, then it stays, for a person", async () => {
    expect(await site.result(unfence(foreign))).toMatchObject({
      status: 'failed',
      detail: { reason: 'ForeignFence' },
    });
    expect(isFenced()).toBe(true);
  });

  it('given the node was recreated under its name, then it is not touched', async () => {
    const command = unfence();
    await site.recreateNode();
    const before = patches().length;
    expect(await site.result(command)).toMatchObject({
      status: 'failed',
      detail: { reason: 'IdentityChanged' },
    });
    expect(patches()).toHaveLength(before);
  });
});
