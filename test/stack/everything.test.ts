import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { catalog } from '../../schemas/catalog.js';
import { serverSentEvents } from '../../packages/protocols/server-sent-events.js';
import { offeredTopics } from '../../services/event-filter.js';
import { topicsOfFacts } from '../../services/journal-events.js';
import { differencesFromCatalog, silentTopics } from '../catalog-differences.js';
import { runCommand } from '../cli/run-command.js';
import { usedRights } from './audit-log.js';
import { causesOf } from './causes.js';
import { FailingNode, faulty, startBmcs } from './failing-node.js';
import { buildFaultline, startFaultline, type FaultlineProcess } from '../../stack/faultline-process.js';
import { publishedRecords, type PublishedRecord } from './published-records.js';
import { makeTopic } from './raw-producer.js';
import { clusterSection, patience } from './real-cluster.js';
import { Cleanups, startSite, type Site } from '../../stack/site.js';
import { writeConfiguration } from './site-configuration.js';
import { tellStory } from './story.js';

const minutes = (count: number): number => count * 60_000;
const services = [
  'intake',
  'console',
  'detector',
  'maintenance',
  'relay',
  'executor',
  'migrator,node-states',
];
const names = ['a', 'b'];
/** Here a disruption budget forbids every eviction: pods are deleted at their deadline. */
const guarded = 'b';
const topics = [
  'maintenance.outcomes',
  'maintenance.events',
  'maintenance.signals',
  'migration.requests',
  'migration.replies',
  'fault.reports',
];

const annasToken = 'of-anna-and-of-nobody-else';

const cleanups = new Cleanups();
let site: Site;
let nodes: readonly FailingNode[] = [];
let processes: readonly FaultlineProcess[] = [];
let configuration = '';

beforeAll(async () => {
  [site] = await Promise.all([startSite(cleanups), buildFaultline()]);
  const redfish = await startBmcs(site, names);
  nodes = await Promise.all(
    names.map((cluster) => FailingNode.start(site, redfish, { cluster, guarded: cluster === guarded })),
  );
  configuration = await writeConfiguration(
    site,
    nodes.map((node) => clusterSection(node.cluster, node.bmcs)),
    { http: { listen: '127.0.0.1:0', operators: [{ subject: 'anna', tokenFile: 'anna.token' }] } },
  );
  await writeFile(join(site.folder, 'anna.token'), annasToken);
  processes = await Promise.all(
    services.map(async (service) => {
      const started = await startFaultline({ configuration, folder: site.folder, only: service.split(',') });
      cleanups.add(() => started.process.stop());
      return started;
    }),
  );
}, minutes(15));

afterEach((context) => tellStory(context, site, processes), minutes(1));
afterAll(() => cleanups.run(), minutes(3));

async function readiness(): Promise<readonly string[]> {
  const answers = await Promise.all(
    processes.map(async ({ url, process }) => {
      const { ok } = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(15_000) });
      return ok ? [process.name] : [];
    }),
  );
  return answers.flat();
}

/** Ids of all that was published, as a subscriber by HTTP hears them from one copy of a service. */
async function streamedIds(service: string): Promise<readonly string[]> {
  const url = processes[services.indexOf(service)]?.url ?? '';
  const { body } = await fetch(`${url}/v1/events?from=beginning&until=now`);
  const ids: string[] = [];
  if (body !== null)
    for await (const { name, data } of serverSentEvents(body))
      if (name !== 'end') ids.push((JSON.parse(data) as { id: string }).id);
  return ids.toSorted();
}

async function outcomesOf(node: FailingNode): Promise<readonly PublishedRecord[]> {
  const all = await publishedRecords(site, 'maintenance.outcomes');
  return all.filter(({ key }) => key === `${node.cluster.name}/${faulty}`);
}

/** By the console, as anna. Resolves with the id of the pause. */
async function orderOfGuard(path: string, order: object): Promise<string> {
  const answer = await fetch(`${processes[services.indexOf('console')]?.url ?? ''}/v1/guard/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${annasToken}` },
    body: JSON.stringify(order),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { readonly id: string }).id;
}

/** `patch nodes`, `create pods/eviction`… */
async function grantedRights(): Promise<readonly string[]> {
  const text = await readFile(join(import.meta.dirname, '../../deploy/rbac.yaml'), 'utf8');
  return parseAllDocuments(text).flatMap((document) => {
    const { rules = [] } = document.toJS() as { rules?: { resources: string[]; verbs: string[] }[] };
    return rules.flatMap(({ resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
    );
  });
}

describe('given the real stack, two clusters with the same node names, and each service as a process of its own', () => {
  it(
    'when a kernel message is appended, then the node problem detector shows it and the node is isolated',
    async () => {
      // Side by side: on a busy machine the first is given back before the second has failed.
      await Promise.all(
        nodes.map(async (node) => {
          await node.fail();
          await node.isolated();
        }),
      );
    },
    minutes(4),
  );

  it(
    'then its pods leave and run elsewhere, and its machine is switched off',
    async () => {
      await nodes[0]?.workloadRunsElsewhere();
      await nodes[0]?.switchedOff();
    },
    minutes(4),
  );

  it(
    'when Kafka is gone for 30 s while workload is being deleted, then nothing is accepted, nobody is ready, and every process lives on',
    async () => {
      // Both the next look and the deadline come due meanwhile, and are told together.
      await nodes.find(({ cluster }) => cluster.name === guarded)?.workloadToldToGo();
      await site.kafka.stopBroker(0);
      // The outage itself, not a wait for something.
      await pause(30_000);
      expect(await readiness()).toEqual([]);
      const report = { cluster: 'a', node: faulty, type: 'DiskFailure', status: 'firing', source: 'agent' };
      const answer = await fetch(`${processes[0]?.url ?? ''}/v1/reports`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(report),
      });
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).not.toBeNull();
      await site.kafka.startBroker(0);
      await expect.poll(readiness, patience).toHaveLength(processes.length);
      expect(processes.filter(({ process }) => !process.running())).toEqual([]);
    },
    minutes(4),
  );

  it(
    'then the machines boot, are verified and given back, and their workload runs',
    async () => {
      for (const node of nodes) {
        await node.returned();
        await node.workloadRunsElsewhere();
      }
    },
    minutes(8),
  );

  it(
    'then the outcome is on its topic, and its causes lead back to the first report',
    async () => {
      // As lines, so that a failure tells which outcomes there were.
      const told = async (node: FailingNode): Promise<readonly string[]> =>
        (await outcomesOf(node)).map(({ headers, value }) =>
          JSON.stringify({ id: headers['ce_id'], ...value }),
        );
      for (const node of nodes) await expect.poll(() => told(node), patience).toHaveLength(1);
      const all = (await Promise.all(topics.map((topic) => publishedRecords(site, topic)))).flat();
      for (const node of nodes) {
        const [outcome] = await outcomesOf(node);
        if (outcome === undefined) throw new Error(`no outcome of ${node.cluster.name}`);
        const { name: cluster } = node.cluster;
        expect(outcome.value).toMatchObject({ outcome: 'RECOVERED', workflow: 'reboot', cluster });
        const first = causesOf(outcome, all).at(-1);
        expect(first).toMatchObject({
          topic: 'fault.reports',
          key: `${cluster}/${faulty}`,
          value: { type: 'KernelDeadlock', status: 'FIRING' },
        });
        expect(outcome.value['causeReportIds']).toContain(first?.headers['ce_id']);
      }
    },
    minutes(4),
  );

  it(
    'when somebody freezes a pool and thaws it, then subscribers hear of both, with who did it and why',
    async () => {
      const id = await orderOfGuard('freezes', {
        where: { clusters: ['a'], pools: ['spare'] },
        reason: 'switch replaced',
      });
      await orderOfGuard(`pauses/${id}/thaw`, { reason: 'switch is back' });
      const told = async (): Promise<readonly unknown[]> =>
        (await publishedRecords(site, 'guard.pauses')).map(({ key, value }) => ({ key, ...value }));
      const frozen = {
        key: id,
        kind: 'FREEZE',
        by: 'anna',
        clusters: ['a'],
        pools: ['spare'],
      };
      await expect.poll(told, patience).toMatchObject([
        { ...frozen, change: 'BEGAN', reason: 'switch replaced', end: 'NONE' },
        { ...frozen, change: 'ENDED', reason: 'switch is back', end: 'THAWED' },
      ]);
    },
    minutes(2),
  );

  it(
    'then every record that was published is as the catalog says, and so are the topics and the stream by HTTP',
    async () => {
      const all = await Promise.all(
        catalog.map(({ topic, event }) =>
          publishedRecords(site, topic, event === undefined ? 'raw' : 'avro'),
        ),
      );
      const records = all.flat();
      expect(records.flatMap(differencesFromCatalog)).toEqual([]);
      expect(silentTopics(records)).toEqual([
        'fault.hardware',
        'fault.component',
        'fault.reports.dlt',
        'maintenance.signals.dlt',
        'migration.replies.dlt',
      ]);
      const offered = records.filter(({ topic }) => offeredTopics.includes(topic));
      expect(await streamedIds('console')).toEqual(offered.map(({ headers }) => headers['ce_id']).toSorted());
      const plan = await runCommand(['topics', 'plan', '--config', configuration]);
      expect(plan).toEqual({ code: 0, out: '', err: 'All topics are as in the catalog.\n' });
    },
    minutes(2),
  );

  it(
    'when the past is published once more to a topic of its own, then it holds what the log has, marked, and nothing comes of it',
    async () => {
      await makeTopic(site, 'history');
      const { code, out } = await runCommand([
        ...['republish', '--config', configuration, '--to', 'history', '--run', 'run-1', '-o', 'json'],
      ]);
      expect(code).toBe(0);
      const again = await publishedRecords(site, 'history');
      expect(JSON.parse(out)).toMatchObject({ run: 'run-1', events: again.length, complete: true });
      const live = (await Promise.all(topicsOfFacts.map((topic) => publishedRecords(site, topic)))).flat();
      const shown = ({ key, headers, value }: PublishedRecord): string =>
        JSON.stringify([headers['ce_id'], key, Object.entries(headers).sort(), value]);
      const marked = live.map((record) => ({
        ...record,
        headers: { ...record.headers, ce_replay: 'run-1' },
      }));
      expect(again.map(shown).sort()).toEqual(marked.map(shown).sort());
    },
    minutes(2),
  );

  it('then the audit logs and the BMCs witness each effect once', async () => {
    for (const node of nodes) {
      await node.eachEffectOnce(node.cluster.name === guarded ? 'delete' : 'create');
    }
  });

  it('then every right of deploy/rbac.yaml was needed, so that none can be taken away unnoticed', async () => {
    const used = await Promise.all(nodes.map(async (node) => [...usedRights(await node.requests())]));
    expect((await grantedRights()).filter((right) => !used.flat().includes(right))).toEqual([]);
  });
});
