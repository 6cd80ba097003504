import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProcessId } from '../../../../domain/identifiers.js';
import { Site } from './site.js';
import {
  addPod,
  disturb,
  migrationLabels,
  podNamed,
  replacePod,
  rightBefore,
  writes,
  nodeName,
} from '../../workload-on-node.js';

let site: Site;

beforeEach(async () => {
  site = await Site.start();
  await site.isolate();
  addPod(site, 'web-1');
  addPod(site, 'web-2');
  await site.result(site.command('requestMigration', { reason: 'x', deadlineMs: 60_000 }));
});

afterEach(() => site.stop());

const unfinished = { unfinishedAttempt: true, attempts: 1 };
const foreign = 'p-ffffffffffffffff' as ProcessId;
const giveBack = () => site.command('giveBack', {});
const handOver = (reason = 'look at it') => site.command('handOver', { reason });
const patches = () => writes(site, { method: 'PATCH', resource: 'nodes' });

/** What keeps the node out of service, and for whom. */
function standing(): Readonly<Record<string, unknown>> {
  const { metadata, spec } = site.cluster.node(nodeName);
  return {
    isolated: JSON.stringify(spec?.['taints'] ?? []).includes('faultline.dev/maintenance'),
    cordoned: spec?.['unschedulable'] === true,
    hold: metadata.annotations?.['faultline.dev/hold'],
  };
}

const inService = { isolated: false, cordoned: false, hold: undefined };
const isolated = { isolated: true, cordoned: true, hold: undefined };

describe.each([
  { name: 'giveBack', command: giveBack, after: inService, notOurs: 'failed' },
  {
    name: 'handOver',
    command: handOver,
    after: { isolated: false, cordoned: true, hold: 'look at it' },
    // There is nothing of ours to hand over: an order to end the process failed on it for ever.
    notOurs: 'unneeded',
  },
])('$name', ({ command, after, notOurs }) => {
  it('given what this process isolated and asked, then all of it is taken back', async () => {
    expect(await site.result(command())).toMatchObject({ status: 'done' });
    expect(standing()).toEqual(after);
    expect(migrationLabels(site)).toEqual({});
    const left = Object.keys(podNamed(site, 'web-1').metadata.annotations ?? {});
    expect(left.filter((key) => key.startsWith('faultline.dev/'))).toEqual([]);
  });

  it('given it was done by an earlier attempt, then it is done without a write', async () => {
    await site.result(command());
    const before = patches().length;
    expect(await site.result(command(), unfinished)).toMatchObject({ status: 'done' });
    expect(patches()).toHaveLength(before);
  });

  it.each([
    { what: 'nodes', when: 'before-acting' },
    { what: 'nodes', when: 'after-acting' },
    { what: 'pods', when: 'before-acting' },
    { what: 'pods', when: 'after-acting' },
  ] as const)(
    'given the answer about $what is lost ($when), then trying again ends it',
    async ({ what, when }) => {
      disturb(site, { method: 'PATCH', resource: what }, when, { kind: 'disconnect' });
      expect(await site.queue.carryOut(command())).toMatch(/^NoAnswer/);
      expect(await site.result(command())).toMatchObject({ status: 'done' });
      expect(standing()).toEqual(after);
      expect(migrationLabels(site)).toEqual({});
    },
  );

  it('given an API server that throttles, then it is tried later', async () => {
    disturb(site, { method: 'PATCH', resource: 'nodes' }, 'before-acting', { kind: 'refusal', code: 429 });
    expect(await site.queue.carryOut(command())).toBe('Throttled');
    expect(standing()).toEqual(isolated);
  });

  it('given the node changes meanwhile, then it is read again', async () => {
    rightBefore(site, { method: 'PATCH', resource: 'nodes' }, () => {
      site.cluster.server.kubelets.setConditions(nodeName, [{ type: 'DiskPressure', status: 'True' }]);
    });
    expect(await site.result(command())).toMatchObject({ status: 'done' });
    expect(standing()).toEqual(after);
  });

  it('given a pod that another process asks and a namesake of one of ours, then their marks stay', async () => {
    replacePod(site, 'web-1');
    addPod(site, 'theirs', {
      labels: { 'faultline.dev/migration': 'to-be-migrated' },
      annotations: { 'faultline.dev/process': foreign },
    });
    expect(await site.result(command())).toMatchObject({ status: 'done' });
    expect(migrationLabels(site)).toEqual({ theirs: 'to-be-migrated' });
  });

  it('given another process isolated the node, then nothing is taken', async () => {
    const theirs = { ...command(), processId: foreign };
    expect(await site.result(theirs)).toMatchObject({
      status: notOurs,
      detail: { reason: 'ForeignIsolation' },
    });
    expect(standing()).toEqual(isolated);
  });

  it('given the node was recreated under its name, then nothing is written', async () => {
    const meant = command();
    await site.recreateNode();
    const before = patches().length;
    expect(await site.result(meant)).toMatchObject({
      status: notOurs,
      detail: { reason: 'IdentityChanged' },
    });
    expect(patches()).toHaveLength(before);
  });

  it('given the node is gone, then nothing is needed', async () => {
    const meant = command();
    site.cluster.server.kubelets.deregisterNode(nodeName);
    expect(await site.result(meant)).toMatchObject({ status: 'unneeded', detail: { nodeGone: true } });
  });
});

describe('reclaimNode', () => {
  it('given nothing of the lost process is left on the node, then its pods are asked no more: they were left asked for ever', async () => {
    await site.result(giveBack());
    const owner = giveBack().processId;
    addPod(site, 'asked', {
      labels: { 'faultline.dev/migration': 'to-be-migrated' },
      annotations: { 'faultline.dev/process': owner },
    });
    const reclaim = { ...site.command('reclaimNode', { owner }), processId: foreign };
    expect(await site.result(reclaim)).toMatchObject({ status: 'done' });
    expect(migrationLabels(site)).toEqual({});
    expect(standing()).toEqual(inService);
  });
});

describe('a hold of a person', () => {
  it('put on at the moment of the return keeps the node out', async () => {
    rightBefore(site, { method: 'PATCH', resource: 'nodes' }, () => {
      site.putHold('mine');
    });
    expect(await site.result(giveBack())).toMatchObject({ status: 'failed', detail: { hold: 'mine' } });
    expect(standing()).toEqual({ ...isolated, hold: 'mine' });
  });

  it('keeps its words when the node is handed over', async () => {
    site.putHold('mine');
    expect(await site.result(handOver())).toMatchObject({ status: 'done' });
    expect(standing()).toEqual({ isolated: false, cordoned: true, hold: 'mine' });
  });
});

describe('a cordon of a person', () => {
  it('put on after a person had taken ours away stays, and that is told: it was taken for ours', async () => {
    site.cordon(false);
    site.cordon(true);
    expect(await site.result(giveBack())).toMatchObject({ status: 'done', detail: { reason: 'CordonKept' } });
    expect(standing()).toEqual({ isolated: false, cordoned: true, hold: undefined });
  });

  it('put on at the moment of the return stays', async () => {
    site.cordon(false);
    rightBefore(site, { method: 'PATCH', resource: 'nodes' }, () => {
      site.cordon(true);
    });
    expect(await site.result(giveBack())).toMatchObject({ status: 'done', detail: { reason: 'CordonKept' } });
    expect(standing()).toEqual({ isolated: false, cordoned: true, hold: undefined });
  });

  it('that stayed is told also by who tries again, after the first one ended between its patch and what it had to say', async () => {
    site.cordon(false);
    site.cordon(true);
    const back = giveBack();
    await site.result(back);
    expect(await site.result(back)).toMatchObject({ status: 'done', detail: { reason: 'CordonKept' } });
  });

  it('on what we have cordoned changes nothing, so that it goes with ours', async () => {
    site.cordon(true);
    const { detail } = await site.result(giveBack());
    expect(detail.reason).toBeUndefined();
    expect(standing()).toEqual(inService);
  });
});

describe('a boot that nobody ordered', () => {
  it('keeps a node from being given back, and not from being handed over', async () => {
    const back = giveBack();
    const over = handOver();
    site.cluster.server.kubelets.setNodeInfo(nodeName, { bootID: 'another' });
    expect(await site.result(back)).toMatchObject({ detail: { reason: 'IdentityChanged' } });
    expect(await site.result(over)).toMatchObject({ status: 'done' });
  });
});
