import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandResult, PodReference } from '../../../../domain/command.js';
import type { NodeUid, ProcessId } from '../../../../domain/identifiers.js';
import { processId } from '../command-for.js';
import { Site } from './site.js';
import {
  addPod,
  disturb,
  finish,
  migrationLabels,
  podNamed,
  replacePod,
  rightBefore,
  terminate,
  writes,
  nodeName,
} from '../../workload-on-node.js';

let site: Site;

beforeEach(async () => {
  site = await Site.start();
  await site.isolate();
});

afterEach(() => site.stop());

const ask = (about: { processId?: ProcessId } = {}) =>
  site.command('requestMigration', { reason: 'KernelDeadlock', deadlineMs: 600_000 }, about);

const again = { unfinishedAttempt: true, attempts: 1 };

function byName(pods: readonly PodReference[] | undefined): readonly PodReference[] {
  return [...(pods ?? [])].sort((one, other) => one.name.localeCompare(other.name));
}

async function askedPods(...given: Parameters<Site['result']>): Promise<readonly PodReference[]> {
  const result: CommandResult = await site.result(...given);
  expect(result.status).toBe('done');
  return byName(result.detail.pods);
}

describe('requestMigration', () => {
  it('given pods of all kinds, then those that can move are asked, visibly, and named by their UID', async () => {
    const web = addPod(site, 'web-1', { owner: 'ReplicaSet' });
    const bare = addPod(site, 'bare');
    addPod(site, 'agent', { owner: 'DaemonSet' });
    addPod(site, 'static', { owner: 'Node', annotations: { 'kubernetes.io/config.mirror': 'x' } });
    addPod(site, 'job-done');
    addPod(site, 'job-failed');
    await site.cluster.pass(5);
    finish(site, 'job-done', 'Succeeded');
    finish(site, 'job-failed', 'Failed');
    const deadline = new Date(site.cluster.clock.now() + 600_000).toISOString();
    expect(await askedPods(ask())).toEqual([bare, web]);
    expect(migrationLabels(site)).toEqual({ bare: 'to-be-migrated', 'web-1': 'to-be-migrated' });
    expect(podNamed(site, 'web-1').metadata.annotations).toEqual({
      'faultline.dev/process': processId,
      'faultline.dev/migration-deadline': deadline,
      'faultline.dev/migration-reason': 'KernelDeadlock',
    });
  });

  it('given a pod that is leaving already, then its end is waited for too: the power went off under it', async () => {
    const leaving = addPod(site, 'leaving');
    await site.cluster.pass(5);
    terminate(site, 'leaving');
    expect(await askedPods(ask())).toEqual([leaving]);
  });

  it('given nothing to move, then it is done with no pods and no writes', async () => {
    expect(await askedPods(ask())).toEqual([]);
    expect(writes(site, { method: 'PATCH', resource: 'pods' })).toEqual([]);
  });

  it('given it was done by an earlier attempt, then the same pods are named and none is written to', async () => {
    const pods = [addPod(site, 'web-1'), addPod(site, 'web-2')];
    expect(await askedPods(ask())).toEqual(pods);
    expect(await askedPods(ask(), again)).toEqual(pods);
    expect(writes(site, { method: 'PATCH', resource: 'pods' })).toHaveLength(2);
  });

  it.each(['before-acting', 'after-acting'] as const)(
    'given the answer about one pod is lost (%s), then nothing is concluded, and trying again asks each pod once',
    async (when) => {
      const pods = [addPod(site, 'web-1'), addPod(site, 'web-2')];
      disturb(site, { method: 'PATCH', name: 'web-2' }, when, { kind: 'disconnect' });
      expect(await site.queue.carryOut(ask())).toMatch(/^NoAnswer/);
      expect(await askedPods(ask())).toEqual(pods);
      const answered = writes(site, { method: 'PATCH', resource: 'pods' }).filter(({ code }) => code === 200);
      expect(answered).toHaveLength(when === 'before-acting' ? 2 : 1);
      expect(migrationLabels(site)).toEqual({ 'web-1': 'to-be-migrated', 'web-2': 'to-be-migrated' });
    },
  );

  it('given an API server that throttles, then it is tried later', async () => {
    addPod(site, 'web-1');
    disturb(site, { method: 'PATCH', resource: 'pods' }, 'before-acting', {
      kind: 'refusal',
      code: 429,
      retryAfterSeconds: 7,
    });
    expect(await site.queue.carryOut(ask())).toBe('Throttled');
    expect(migrationLabels(site)).toEqual({});
  });

  it('given a pod is replaced under its name meanwhile, then the namesake is neither asked nor named', async () => {
    const other = addPod(site, 'other');
    addPod(site, 'web-1');
    rightBefore(site, { method: 'PATCH', name: 'web-1' }, () => {
      replacePod(site, 'web-1');
    });
    expect(await askedPods(ask())).toEqual([other]);
    expect(migrationLabels(site)).toEqual({ other: 'to-be-migrated' });
  });

  it('given a pod changes meanwhile, then it is read again and asked', async () => {
    const pod = addPod(site, 'web-1');
    await site.cluster.pass(5);
    rightBefore(site, { method: 'PATCH', name: 'web-1' }, () => {
      finish(site, 'web-1', 'Failed');
    });
    expect(await askedPods(ask())).toEqual([pod]);
    expect(migrationLabels(site)).toEqual({ 'web-1': 'to-be-migrated' });
  });

  it("given another process's marks on a pod, then they become ours", async () => {
    addPod(site, 'web-1', {
      labels: { 'faultline.dev/migration': 'refused' },
      annotations: { 'faultline.dev/process': 'p-ffffffffffffffff' },
    });
    await askedPods(ask());
    expect(migrationLabels(site)).toEqual({ 'web-1': 'to-be-migrated' });
    expect(podNamed(site, 'web-1').metadata.annotations?.['faultline.dev/process']).toBe(processId);
  });

  it('given many pods and a claim that is lost meanwhile, then the rest is left to whoever has it', async () => {
    for (let number = 0; number < 20; number += 1) addPod(site, `web-${number}`);
    site.queue.loseClaims();
    expect(await site.queue.carryOut(ask())).toBe('claim lost');
    expect(Object.keys(migrationLabels(site))).toHaveLength(8);
  });
});

describe('requestMigration, of a node that is not ours', () => {
  async function refused(command: ReturnType<typeof ask>): Promise<string | undefined> {
    const { status, detail } = await site.result(command);
    expect(status).toBe('failed');
    expect(migrationLabels(site)).toEqual({});
    return detail.reason;
  }

  beforeEach(() => {
    addPod(site, 'web-1');
  });

  it('given another process isolated it, then no pod is asked', async () => {
    expect(await refused(ask({ processId: 'p-ffffffffffffffff' as ProcessId }))).toBe('NotIsolated');
  });

  it('given it was recreated under its name, then no pod is asked', async () => {
    const command = ask();
    await site.recreateNode();
    expect(site.expected().nodeUid).not.toBe(command.expected.nodeUid);
    expect(await refused(command)).toBe('IdentityChanged');
  });

  it('given it was booted by others, then no pod is asked', async () => {
    const command = ask();
    site.cluster.server.kubelets.setNodeInfo(nodeName, { bootID: 'another' });
    expect(await refused(command)).toBe('IdentityChanged');
  });

  it('given it is gone, then nothing is needed', async () => {
    const command = ask();
    site.cluster.server.kubelets.deregisterNode(nodeName);
    const expected = { ...command.expected, nodeUid: 'gone' as NodeUid };
    expect(await site.result({ ...command, expected })).toMatchObject({
      status: 'unneeded',
      detail: { nodeGone: true },
    });
  });
});
