import { afterEach, describe, expect, it } from 'vitest';
import { type SimulatedApiServer, startSimulatedApiServer } from '../../../world/kubernetes/api-server.js';
import type { MachineFault } from '../../../world/machines/fault.js';
import { Fleet } from '../../../world/machines/fleet.js';
import { HttpNodeLink } from '../../../world/machines/http-node-link.js';
import { KubernetesHttp } from '../../../world/machines/kubernetes-access.js';
import type { Machine } from '../../../world/machines/machine.js';
import type { NodeLink } from '../../../world/machines/node-link.js';
import { createWorkload } from '../../../world/machines/workload.js';
import { seededRandom } from '../../../world/random.js';
import { buildFault, minute } from '../build-machine.js';
import { VirtualClock } from '../virtual-clock.js';

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Scene {
  readonly clock: VirtualClock;
  readonly server: SimulatedApiServer;
  readonly http: KubernetesHttp;
  readonly machine: Machine;
  /** The Node as the API server gives it. */
  readonly node: () => Promise<unknown>;
  readonly condition: (type: string) => Promise<unknown>;
  /** Lets the world's time pass, and everything that was said about nodes arrive. */
  readonly pass: (ms: number) => Promise<void>;
}

const links = ['hooks', 'http'] as const;

async function startScene(kind: (typeof links)[number], nodes = 1): Promise<Scene> {
  const clock = new VirtualClock();
  const server = await startSimulatedApiServer({ clock, token: 'secret' });
  const http = new KubernetesHttp({ baseUrl: server.baseUrl, token: server.token });
  const httpLink = new HttpNodeLink({ http, clock });
  const link: NodeLink = kind === 'hooks' ? server.kubelets : httpLink;
  const fleet = new Fleet({ nodes, clock, random: seededRandom('fleet'), link, image: 'Faultline OS 1' });
  fleet.start();
  closing.push(
    () => server.stop(),
    () => http.close(),
    () => httpLink.close(),
  );
  const machine = fleet.machine('node-0000');
  if (machine === undefined) throw new Error('no machine');
  const node = async (): Promise<unknown> => (await http.send('GET', '/api/v1/nodes/node-0000')).body;
  await httpLink.settled();
  return {
    clock,
    server,
    http,
    machine,
    node,
    condition: async (type) => statesOf(await node())[type],
    pass: async (ms) => {
      await httpLink.settled();
      clock.advance(ms);
      await httpLink.settled();
    },
  };
}

/** What a path of keys leads to in a JSON value. */
function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null
        ? new Map<string, unknown>(Object.entries(inner)).get(key)
        : undefined,
    value,
  );
}

function statesOf(node: unknown): Readonly<Record<string, unknown>> {
  const conditions = at(node, 'status', 'conditions');
  const list: readonly unknown[] = Array.isArray(conditions) ? conditions : [];
  return Object.fromEntries(
    list.map((condition) => [String(at(condition, 'type')), at(condition, 'status')]),
  );
}

const deadlock: MachineFault = buildFault({
  type: 'KernelDeadlock',
  needs: 'reboot',
  condition: { type: 'KernelDeadlock', reason: 'DockerHung', message: 'task docker:7 blocked' },
});

describe.each(links)('a fleet that speaks by %s', (kind) => {
  it('registers its nodes with identity, place and every condition stated', async () => {
    const { node, machine } = await startScene(kind);
    const seen = await node();
    expect(seen).toMatchObject({
      metadata: {
        labels: {
          'topology.kubernetes.io/zone': 'zone-a',
          'topology.kubernetes.io/rack': 'rack-00',
          'node.kubernetes.io/instance-type': 'compute',
        },
      },
      spec: { providerID: `world://machine/${machine.systemUuid}` },
      status: {
        nodeInfo: { bootID: machine.bootId, osImage: 'Faultline OS 1', systemUUID: machine.systemUuid },
      },
    });
    expect(statesOf(seen)).toMatchObject({
      Ready: 'True',
      KernelDeadlock: 'False',
      ReadonlyFilesystem: 'False',
      ContainerRuntimeUnhealthy: 'False',
      KubeletUnhealthy: 'False',
    });
  });

  it('off turns a node Unknown, on brings it back Ready with another boot id', async () => {
    const { machine, condition, node, pass } = await startScene(kind);
    const { bootId } = machine;
    machine.powerOff();
    await pass(minute);
    expect(await condition('Ready')).toBe('Unknown');
    machine.powerOn();
    await pass(10 * minute);
    await expect.poll(() => condition('Ready')).toBe('True');
    expect(machine.bootId).not.toBe(bootId);
    expect(at(await node(), 'status', 'nodeInfo', 'bootID')).toBe(machine.bootId);
  });

  it('shows a condition while its fault is there', async () => {
    const { machine, condition, pass } = await startScene(kind);
    machine.showFault(deadlock);
    await pass(0);
    expect(await condition('KernelDeadlock')).toBe('True');
    machine.powerOff();
    machine.powerOn();
    await pass(10 * minute);
    expect(await condition('KernelDeadlock')).toBe('False');
  });

  it('turns no node Ready whose kubelet is dead, whatever else is told', async () => {
    const { machine, condition, pass } = await startScene(kind);
    machine.showFault(buildFault({ id: 'kubelet', needs: 'restart-kubelet', effect: 'stops-kubelet' }));
    await pass(minute);
    machine.showFault(deadlock);
    machine.fadeFault(deadlock.id);
    await pass(0);
    expect(await condition('Ready')).toBe('Unknown');
    machine.restartComponent('kubelet');
    await pass(0);
    expect(await condition('Ready')).toBe('True');
  });

  it('brings another Node object of the same machine when it was told to', async () => {
    const { machine, node, pass } = await startScene(kind);
    const before = await node();
    machine.spoilNextBoot('other-node-uid');
    machine.powerOff();
    machine.powerOn();
    await pass(10 * minute);
    const after = await node();
    expect(at(after, 'metadata', 'uid')).not.toBe(at(before, 'metadata', 'uid'));
    expect(at(after, 'spec')).toMatchObject({ providerID: at(before, 'spec', 'providerID') });
  });
});

describe('a workload', () => {
  it('is created once, however often it is asked for', async () => {
    const { http, server, pass } = await startScene('hooks', 8);
    const options = {
      http,
      random: seededRandom('workload'),
      namespace: 'shop',
      replicaSets: 6,
      budgetShare: 0.5,
      barePods: 2,
      daemonSet: true,
    };
    const created = await createWorkload(options);
    await pass(minute);
    expect(created).toMatchObject({ replicaSets: 6, barePods: 2, daemonSets: 1 });
    expect(created.budgets).toBeGreaterThan(0);
    expect(await createWorkload(options)).toEqual(created);
    const count = async (path: string): Promise<number> => {
      const items = at((await http.send('GET', path)).body, 'items');
      return Array.isArray(items) ? items.length : -1;
    };
    await expect.poll(() => count('/api/v1/namespaces/shop/pods')).toBe(created.replicas + created.barePods);
    expect(await count('/apis/policy/v1/namespaces/shop/poddisruptionbudgets')).toBe(created.budgets);
    await expect.poll(() => count('/api/v1/namespaces/kube-system/pods')).toBe(8);
    expect(server.requests.length).toBeGreaterThan(0);
  });
});
