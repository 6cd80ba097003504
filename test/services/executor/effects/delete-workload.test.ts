import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PodReference } from '../../../../domain/command.js';
import type { ProcessId } from '../../../../domain/identifiers.js';
import { Site } from './site.js';
import {
  addPod,
  disturb,
  podNamed,
  relabel,
  replacePod,
  rightBefore,
  terminate,
  writes,
  nodeName,
} from '../../workload-on-node.js';

let site: Site;
let web: readonly [PodReference, PodReference];

beforeEach(async () => {
  site = await Site.start();
  await site.isolate();
  web = [addPod(site, 'web-1'), addPod(site, 'web-2')];
  await site.cluster.pass(5);
});

afterEach(() => site.stop());

const remove = (
  pods: readonly PodReference[] = web,
  { gracePeriodSeconds = 30, processId }: { gracePeriodSeconds?: number; processId?: ProcessId } = {},
) =>
  site.command(
    'deleteWorkload',
    { pods, gracePeriodSeconds },
    { ...(processId === undefined ? {} : { processId }) },
  );

const deletions = () => writes(site, { method: 'DELETE', resource: 'pods' });
const isGoing = (name: string) => podNamed(site, name).metadata.deletionTimestamp !== undefined;

describe('deleteWorkload', () => {
  it('given pods that were named, then these go with their grace, and all others stay', async () => {
    addPod(site, 'not-named');
    const result = await site.result(remove());
    expect(result).toMatchObject({ status: 'done', detail: { pods: web } });
    expect(deletions().map(({ body }) => JSON.parse(body) as unknown)).toEqual(
      web.map(({ uid }) => ({
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        gracePeriodSeconds: 30,
        preconditions: { uid, resourceVersion: expect.any(String) as string },
      })),
    );
    await site.cluster.pass(31);
    expect(site.cluster.podsOn(nodeName).map(({ metadata }) => metadata.name)).toEqual(['not-named']);
    expect(await site.result(remove())).toMatchObject({ status: 'done', detail: { pods: [] } });
    expect(deletions()).toHaveLength(2);
  });

  it('given no grace at all, then it is a second: only the machine can say that a pod has ended', async () => {
    await site.result(remove(web, { gracePeriodSeconds: 0 }));
    expect(deletions().map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      expect.objectContaining({ gracePeriodSeconds: 1 }),
      expect.objectContaining({ gracePeriodSeconds: 1 }),
    ]);
  });

  it.each(['before it is looked for', 'right before it is deleted'])(
    'given a pod is replaced under its name %s, then the namesake stays and the others go',
    async (when) => {
      if (when === 'before it is looked for') replacePod(site, 'web-1');
      else
        rightBefore(site, { method: 'DELETE', name: 'web-1' }, () => {
          replacePod(site, 'web-1');
        });
      expect(await site.result(remove())).toMatchObject({ status: 'done', detail: { pods: [web[1]] } });
      expect([isGoing('web-1'), isGoing('web-2')]).toEqual([false, true]);
    },
  );

  it('given a pod that was changed right before it is deleted, then it stays until it was looked at again, and the others go', async () => {
    rightBefore(site, { method: 'DELETE', name: 'web-1' }, () => {
      relabel(site, 'web-1', { team: 'shop' });
    });
    expect(await site.queue.carryOut(remove())).toMatch(/^ChangedMeanwhile/);
    expect([isGoing('web-1'), isGoing('web-2')]).toEqual([false, true]);
    expect(await site.result(remove())).toMatchObject({ status: 'done', detail: { pods: web } });
    expect(isGoing('web-1')).toBe(true);
  });

  it.each(['before-acting', 'after-acting'] as const)(
    'given the answer is lost (%s), then it is tried again and every pod goes',
    async (when) => {
      disturb(site, { method: 'DELETE', name: 'web-1' }, when, { kind: 'disconnect' });
      expect(await site.queue.carryOut(remove())).toMatch(/^NoAnswer/);
      expect(isGoing('web-2')).toBe(false);
      expect(await site.result(remove())).toMatchObject({ status: 'done' });
      expect([isGoing('web-1'), isGoing('web-2')]).toEqual([true, true]);
    },
  );

  it('given a pod that takes long to leave, then it has no more than the grace that was decided', async () => {
    terminate(site, 'web-1');
    await site.result(remove());
    expect(podNamed(site, 'web-1').metadata.deletionGracePeriodSeconds).toBe(30);
  });

  it('given an API server that throttles, then it is tried later', async () => {
    disturb(site, { method: 'DELETE', name: 'web-1' }, 'before-acting', { kind: 'refusal', code: 429 });
    expect(await site.queue.carryOut(remove())).toBe('Throttled');
    expect(deletions()).toHaveLength(1);
  });

  it('given a claim that is lost meanwhile, then the rest is left to whoever has it', async () => {
    site.queue.loseClaims();
    expect(await site.queue.carryOut(remove())).toBe('claim lost');
    expect(deletions()).toHaveLength(1);
  });
});

describe('deleteWorkload, where nothing may be destroyed', () => {
  async function refused(command: ReturnType<typeof remove>): Promise<string | undefined> {
    const { status, detail } = await site.result(command);
    expect(status).toBe('failed');
    expect(deletions()).toEqual([]);
    return detail.reason;
  }

  it("given a person's hold, then nothing is deleted", async () => {
    site.putHold('mine');
    expect(await refused(remove())).toBe('Held');
  });

  it('given a node that another process isolated, then nothing is deleted', async () => {
    expect(await refused(remove(web, { processId: 'p-ffffffffffffffff' as ProcessId }))).toBe('NotIsolated');
  });

  it('given a node that others have booted, then nothing is deleted', async () => {
    const command = remove();
    site.cluster.server.kubelets.setNodeInfo(nodeName, { bootID: 'another' });
    expect(await refused(command)).toBe('IdentityChanged');
  });

  it('given the notice that stands on a pod is not over, then it is tried later and no pod is deleted', async () => {
    const asked = site.command('requestMigration', { reason: 'x', deadlineMs: 60_000 });
    await site.result(asked);
    expect(await site.queue.carryOut(remove())).toBe('NoticeNotOver');
    expect(deletions()).toEqual([]);
    await site.cluster.pass(60);
    expect(await site.result(remove())).toMatchObject({ status: 'done' });
    expect(deletions()).toHaveLength(2);
  });
});
