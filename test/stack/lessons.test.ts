import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildFaultline, startFaultline, type FaultlineProcess } from '../../stack/faultline-process.js';
import { Cleanups, startSite, type Site } from '../../stack/site.js';
import { accessFromFile, KubernetesHttp } from '../../world/machines/kubernetes-access.js';
import { isolations } from './audit-log.js';
import { NodeInLesson, type LessonPlace } from './node-in-lesson.js';
import { clusterSection, nodeNameOf, startRealCluster, type RealCluster } from './real-cluster.js';
import { ReportSender } from './report-sender.js';
import { writeConfiguration } from './site-configuration.js';
import { tellStory } from './story.js';

const minutes = (count: number): number => count * 60_000;
const cleanups = new Cleanups();
let site: Site;
let cluster: RealCluster;
let faultline: FaultlineProcess;
let place: LessonPlace;
let installation = '';

const ladder = [{ workflow: 'hardware-repair', attempts: 9, per: '1h' }];
/** Workload that is still there at the deadline: a person is asked, and nothing is deleted. */
const person = { ladder, recipe: { whenOverdue: 'person', evacuationDeadline: '6s', minimumNotice: '1s' } };
/** Long enough that something can happen meanwhile. */
const slow = { ladder, recipe: { whenOverdue: 'person', evacuationDeadline: '10m' } };

beforeAll(async () => {
  [site] = await Promise.all([startSite(cleanups), buildFaultline()]);
  cluster = await startRealCluster(site, 'a', 12);
  const configuration = await writeConfiguration(site, [clusterSection(cluster)], {
    faults: { MemoryFailure: person, PowerFailure: slow },
  });
  faultline = await startFaultline({ configuration, folder: site.folder });
  cleanups.add(() => faultline.process.stop());
  const http = new KubernetesHttp(await accessFromFile(cluster.kubernetes.kubeconfig));
  cleanups.add(() => http.close());
  place = { cluster, http, url: faultline.url };
  installation = await installationOf(site);
}, minutes(15));

afterEach((context) => tellStory(context, site, [faultline]), minutes(1));
afterAll(() => cleanups.run(), minutes(2));

/** What is written in its taints: where it is lost, the journal that made them is another one. */
async function installationOf({ connectionString }: Site): Promise<string> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  const { rows } = await client.query<{ id: string }>('SELECT id FROM journal.installation');
  await client.end();
  return rows[0]?.id ?? expect.fail('the journal has no installation');
}

function node(index: number): NodeInLesson {
  return new NodeInLesson(place, nodeNameOf(index));
}

async function whileAsleep<Result>(happens: () => Promise<Result>): Promise<Result> {
  process.kill(faultline.process.pid, 'SIGSTOP');
  try {
    return await happens();
  } finally {
    process.kill(faultline.process.pid, 'SIGCONT');
  }
}

/** Nobody is there to open tickets, so it ends with a person. */
async function waitsForPerson(about: NodeInLesson, type = 'DiskFailure'): Promise<void> {
  await about.report(type);
  await about.processIs({ stage: 'waitingForPerson' });
}

const free = { cordoned: false, isolatedBy: '' };
const recovered = { stage: 'recovered', outcome: 'Recovered' } as const;

/** DESIGN section 11 where Kubernetes matters, on a real API server; the rest is told by simulation/lessons.test.ts. */
describe.concurrent('lessons others paid for, on a real API server, journal and log', () => {
  it('a machine was repaired whose Node object had been recreated under the same name', async () => {
    const recreated = node(0);
    const pod = await recreated.guardedPod();
    await recreated.report('PowerFailure');
    await recreated.isolated();
    await recreated.happened('MigrationProgressed');
    // Nobody sees it go: who was asleep wakes up to another object under the name that it knows.
    const uid = await whileAsleep(() => recreated.recreate());
    const before = (await recreated.asked()).length;
    await recreated.processIs({ outcome: 'Retired' });
    await recreated.podIsMarked(pod, 'refused');
    const since = (await recreated.asked()).slice(before);
    expect(since.filter(({ resource, verb }) => resource === 'nodes' || verb === 'delete')).toEqual([]);
    // That which was on its way.
    expect(since.filter(({ subresource }) => subresource === 'eviction').length).toBeLessThanOrEqual(1);
    expect((await recreated.object()).metadata.uid).toBe(uid);
    expect(await recreated.standing()).toEqual(free);
    expect(await recreated.hasPod(pod)).toBe(true);
  }, 90_000);

  it('nodes were left cordoned for ever by a process that nobody knows: ours are told, and given back when they are well', async () => {
    const orphaned = node(1);
    const owner = `${installation}.p-forgotten0000000`;
    await orphaned.patch(
      {
        metadata: { annotations: { 'faultline.dev/cordoned-by': owner } },
        spec: {
          unschedulable: true,
          taints: [{ key: 'faultline.dev/maintenance', value: owner, effect: 'NoSchedule' }],
        },
      },
      'faultline',
    );
    expect((await orphaned.happened('IsolationOrphaned')).data).toMatchObject({ owner, ours: true });
    await orphaned.processIs({ workflow: 'reclaim', ...recovered });
    expect(await orphaned.standing()).toEqual(free);
  }, 90_000);

  it('nodes were left cordoned for ever by a process that nobody knows: those of another installation are told to people', async () => {
    const foreign = node(2);
    const owner = 'another.p-forgotten0000000';
    await foreign.patch({
      spec: {
        unschedulable: true,
        taints: [{ key: 'faultline.dev/maintenance', value: owner, effect: 'NoSchedule' }],
      },
    });
    expect((await foreign.happened('IsolationOrphaned')).data).toMatchObject({ owner, ours: false });
    await foreign.leftAlone(5_000);
    expect(await foreign.standing()).toEqual({ cordoned: true, isolatedBy: owner });
    expect(await foreign.asked()).toEqual([]);
  }, 90_000);

  it("a node was given back whole, and a person's cordon with it", async () => {
    const cordoned = node(3);
    await cordoned.kubectl('cordon');
    await waitsForPerson(cordoned);
    expect((await cordoned.standing()).isolatedBy).not.toBe('');
    await cordoned.order('skip');
    await cordoned.processIs(recovered);
    expect(await cordoned.standing()).toEqual({ cordoned: true, isolatedBy: '' });
  }, 90_000);

  it('a person uncordoned a node in the middle, and it was cordoned once more', async () => {
    const uncordoned = node(4);
    await waitsForPerson(uncordoned);
    expect((await uncordoned.standing()).cordoned).toBe(true);
    await uncordoned.kubectl('uncordon');
    await uncordoned.leftAlone(3_000);
    await uncordoned.order('skip');
    await uncordoned.processIs(recovered);
    expect(await uncordoned.standing()).toEqual(free);
    const cordons = (await uncordoned.asked()).filter(({ request }) =>
      request.includes('"path":"/spec/unschedulable","value":true'),
    );
    expect(cordons).toHaveLength(1);
  }, 90_000);

  it('a person uncordoned a node in the middle and cordoned it for himself: that cordon was taken away as if it were ours', async () => {
    const taken = node(5);
    await waitsForPerson(taken);
    await taken.kubectl('uncordon');
    await taken.kubectl('cordon');
    await taken.order('skip');
    await taken.processIs(recovered);
    expect(await taken.standing()).toEqual({ cordoned: true, isolatedBy: '' });
  }, 90_000);

  it('what somebody else wrote on a node at the same moment was lost: it is refused, and read again', async () => {
    const theirs = 'test/theirs';
    // Whoever gets through between two writes was not refused: with the next one, then.
    for (const busy of [node(6), node(9), node(10), node(11)]) {
      await busy.patch({ spec: { taints: [{ key: theirs, value: 'x', effect: 'NoSchedule' }] } });
      await busy.report('DiskFailure');
      const { isRefused, written } = await busy.writeUntilPatched();
      await busy.isolated();
      const { metadata, spec } = await busy.object();
      expect(metadata.annotations).toMatchObject(written);
      const taints = spec.taints?.map(({ key }) => key) ?? [];
      expect(taints).toEqual(expect.arrayContaining([theirs, 'faultline.dev/maintenance']));
      expect(isolations(await busy.asked(), busy.name)).toHaveLength(1);
      if (isRefused) return;
    }
    expect.fail('no patch was refused, with eight who wrote at the same moment');
  }, 90_000);

  it('a drain was blocked for ever by a budget: a person is asked, and nothing is deleted', async () => {
    const blocked = node(7);
    const pod = await blocked.guardedPod();
    await blocked.report('MemoryFailure');
    await blocked.processIs({
      stage: 'waitingForPerson',
      waitingFor: 'workload is still there at the deadline',
    });
    expect(await blocked.hasPod(pod)).toBe(true);
    const removals = (await blocked.asked()).filter(
      ({ resource, verb }) => resource === 'pods' && verb !== 'patch',
    );
    expect(new Set(removals.map(({ verb, subresource, code }) => `${verb} ${subresource} ${code}`))).toEqual(
      new Set(['create eviction 429']),
    );
    await blocked.order('abort');
    await blocked.processIs({ outcome: 'HandedToHuman' });
    expect(await blocked.standing()).toEqual({ cordoned: true, isolatedBy: '' });
  }, 90_000);

  it('an agent restarted, had no history and reported old faults as new', async () => {
    const rebooted = node(8);
    const machine = cluster.fleet.machine(rebooted.name) ?? expect.fail('no machine');
    const { bootId } = machine;
    await waitsForPerson(rebooted);
    machine.powerOff();
    machine.powerOn();
    await rebooted.happened('NodeRebooted');
    const report = await rebooted.report('MemoryFailure', { bootId });
    const sender = new ReportSender(site, faultline.url);
    expect(await sender.fatesOf([report])).toEqual(['IGNORED StaleBoot']);
  }, 90_000);
});
