import { setImmediate as nextTurn } from 'node:timers/promises';
import { startSimulatedApiServer, type SimulatedApiServer } from '../../../world/kubernetes/api-server.js';
import type { StoredObject } from '../../../world/kubernetes/kubernetes-object.js';
import { nodes, pods } from '../../../world/kubernetes/resources.js';
import { createObject } from '../../../world/kubernetes/write-verbs.js';
import { daemonSets, podDisruptionBudgets, replicaSets } from '../../../world/kubernetes/resources.js';
import { VirtualClock } from '../virtual-clock.js';

const kinds = { daemonSets, podDisruptionBudgets, replicaSets, pods };

/** A simulated cluster of live machines whose clock moves only when told to. */
export class TestCluster {
  readonly clock: VirtualClock;
  readonly server: SimulatedApiServer;

  private constructor(clock: VirtualClock, server: SimulatedApiServer) {
    this.clock = clock;
    this.server = server;
  }

  static async start(machines: readonly string[]): Promise<TestCluster> {
    const clock = new VirtualClock();
    const server = await startSimulatedApiServer({ clock, token: 'test' });
    const cluster = new TestCluster(clock, server);
    for (const name of machines) {
      const conditions = [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }] as const;
      server.kubelets.registerNode({ name, nodeInfo: { bootID: `${name}-boot-1` }, conditions });
    }
    await nextTurn();
    return cluster;
  }

  /** Lets the time pass from one due call to the next, with the controllers' work in between. */
  async pass(seconds: number): Promise<void> {
    const end = this.clock.now() + seconds * 1000;
    await nextTurn();
    for (let next = this.clock.nextAt; next !== undefined && next <= end; next = this.clock.nextAt) {
      this.clock.advance(Math.max(0, next - this.clock.now()));
      await nextTurn();
    }
    this.clock.advance(end - this.clock.now());
    await nextTurn();
  }

  create(kind: keyof typeof kinds, body: Readonly<Record<string, unknown>>): StoredObject {
    const route = { resource: kinds[kind], namespace: 'default', name: undefined, subresource: undefined };
    return createObject(this.server.state, route, body, false);
  }

  node(name: string): StoredObject {
    const node = this.server.state.store.get(nodes, undefined, name);
    if (node === undefined) throw new Error(`there is no node ${name}`);
    return node;
  }

  podsOn(name: string): readonly StoredObject[] {
    return this.server.state.store.podsOnNode(name);
  }

  allPods(): readonly StoredObject[] {
    return [...this.server.state.store.all(pods)];
  }

  async request(
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
  ): Promise<Response> {
    return fetch(this.server.baseUrl + path, {
      method,
      headers: { authorization: 'Bearer test', 'content-type': contentType, 'user-agent': 'tests' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }
}

export function replicaSet(name: string, replicas: number): Readonly<Record<string, unknown>> {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'none' }] } };
  return { metadata: { name }, spec: { replicas, selector: { matchLabels: labels }, template } };
}
