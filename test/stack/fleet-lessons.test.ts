import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { PauseItem } from '../../services/console/forms/guard.js';
import { buildFaultline, startFaultline, type FaultlineProcess } from '../../stack/faultline-process.js';
import { Cleanups, startSite, type Site } from '../../stack/site.js';
import { accessFromFile, KubernetesHttp } from '../../world/machines/kubernetes-access.js';
import { NodeInLesson, type LessonPlace } from './node-in-lesson.js';
import { clusterSection, nodeNameOf, startRealCluster } from './real-cluster.js';
import { writeConfiguration } from './site-configuration.js';
import { tellStory } from './story.js';

const minutes = (count: number): number => count * 60_000;
const patience = { timeout: 60_000, interval: 250 };
/** Time in which the inventory of nodes is read anew twice. */
const readTwiceMs = 5_000;
const cleanups = new Cleanups();
let site: Site;
let faultline: FaultlineProcess;
let place: LessonPlace;

const limit = { share: 1, rate: 100, per: '1m' };

beforeAll(async () => {
  [site] = await Promise.all([startSite(cleanups), buildFaultline()]);
  const cluster = await startRealCluster(site, 'a', 10);
  const configuration = await writeConfiguration(site, [clusterSection(cluster)], {
    guard: {
      breakers: [{ name: 'small', nodes: 3, share: 0.2, within: '10m' }],
      // Two of ten.
      operations: { isolate: { ...limit, share: 0.2 }, migrate: limit, 'delete-pods': limit, power: limit },
    },
  });
  faultline = await startFaultline({ configuration, folder: site.folder });
  cleanups.add(() => faultline.process.stop());
  const http = new KubernetesHttp(await accessFromFile(cluster.kubernetes.kubeconfig));
  cleanups.add(() => http.close());
  place = { cluster, http, url: faultline.url };
}, minutes(15));

afterEach((context) => tellStory(context, site, [faultline]), minutes(1));
afterAll(() => cleanups.run(), minutes(2));

const node = (index: number): NodeInLesson => new NodeInLesson(place, nodeNameOf(index));

async function pauses(): Promise<readonly PauseItem[]> {
  const answer = await fetch(`${place.url}/v1/guard`);
  return ((await answer.json()) as { pauses: PauseItem[] }).pauses;
}

/** The one question that people are asked, once it is asked. */
function theIncident(): Promise<PauseItem> {
  return vi.waitFor(async () => {
    const [incident, ...others] = await pauses();
    expect(others).toEqual([]);
    return incident ?? expect.fail('nobody was asked');
  }, patience);
}

async function answer({ id }: PauseItem, verb: 'approve' | 'deny' | 'thaw'): Promise<void> {
  const response = await fetch(`${place.url}/v1/guard/pauses/${id}/${verb}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'a lesson' }),
  });
  expect(response.status, await response.text()).toBe(200);
}

const free = { cordoned: false, isolatedBy: '' };
const recovered = { stage: 'recovered', outcome: 'Recovered' } as const;

async function isolatedAmong(nodes: readonly NodeInLesson[]): Promise<readonly NodeInLesson[]> {
  const standings = await Promise.all(nodes.map((one) => one.standing()));
  return nodes.filter((_, index) => standings[index]?.isolatedBy !== '');
}

/** DESIGN section 11 where a fleet of real Node objects matters, one after the other on one cluster. */
describe('lessons others paid for, on the nodes of a real API server', () => {
  it('machines in repair counted as healthy, so that the limit never held', async () => {
    const [wanted, ...inRepair] = [node(0), node(8), node(9)];
    for (const one of inRepair) await one.kubectl('cordon');
    await pause(readTwiceMs);
    await wanted.report('DiskFailure');
    await wanted.processIs({ stage: 'isolating' });
    await wanted.leftAlone(readTwiceMs);
    expect(await wanted.standing()).toEqual(free);
    for (const one of inRepair) await one.kubectl('uncordon');
    await wanted.isolated();
    await wanted.processIs({ stage: 'waitingForPerson' });
  }, 120_000);

  it('a healthy fleet was reported faulty by one bad rule, and a breaker blocked recoveries too', async () => {
    const begunBefore = node(0);
    const well = [node(1), node(2), node(3)];
    for (const one of well) await one.report('CpuFailure', { source: 'bad-rule' });
    const incident = await theIncident();
    expect(incident.incident).toMatchObject({ breaker: 'small' });
    // Two of ten, and the one from before is out.
    expect((await isolatedAmong(well)).length).toBeLessThanOrEqual(1);

    await begunBefore.order('skip');
    await begunBefore.processIs(recovered);
    expect(await begunBefore.standing()).toEqual(free);
    // Its place is free, and nobody takes it.
    await pause(readTwiceMs);
    expect((await isolatedAmong(well)).length).toBeLessThanOrEqual(1);

    await answer(incident, 'deny');
    for (const one of well) {
      await one.processIs({ outcome: 'Cancelled' });
      expect(await one.standing()).toEqual(free);
    }
    await answer(incident, 'thaw');
  }, 180_000);

  it('a breaker was released, and everything was repaired at once', async () => {
    const ill = [node(4), node(5), node(6), node(7)];
    for (const one of ill) await one.report('DiskFailure');
    const incident = await theIncident();
    await answer(incident, 'approve');
    const given: string[] = [];
    while (given.length < ill.length) {
      const out = await vi.waitFor(async () => {
        const found = await isolatedAmong(ill);
        expect(found.length).toBeGreaterThan(0);
        return found;
      }, patience);
      expect(out.length).toBeLessThanOrEqual(2);
      const [next] = out;
      if (next === undefined) break;
      await next.processIs({ stage: 'waitingForPerson' });
      await next.order('skip');
      await next.processIs(recovered);
      given.push(next.name);
    }
    // None starves.
    expect(new Set(given)).toEqual(new Set(ill.map(({ name }) => name)));
    expect(await isolatedAmong(ill)).toEqual([]);
  }, 180_000);
});
