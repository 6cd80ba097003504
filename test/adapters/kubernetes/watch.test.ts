import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock, systemRandomness } from '../../../adapters/clock/system-clock.js';
import { connectCluster, type ConnectedCluster } from '../../../adapters/kubernetes/cluster.js';
import type { NodeEvent } from '../../../adapters/ports/kubernetes.js';
import { startSimulatedApiServer, type SimulatedApiServer } from '../../../world/kubernetes/api-server.js';
import { realTimeClock } from '../../../world/real-time-clock.js';

let server: SimulatedApiServer;
let cluster: ConnectedCluster;
let stopping: AbortController;

function register(name: string): void {
  server.kubelets.registerNode({
    name,
    nodeInfo: { bootID: 'b1' },
    conditions: [{ type: 'Ready', status: 'True' }],
  });
}

beforeEach(async () => {
  server = await startSimulatedApiServer({ clock: realTimeClock(), token: 't' });
  cluster = connectCluster({
    cluster: 'a',
    access: { server: server.baseUrl, token: () => 't' },
    clock: systemClock,
    randomness: systemRandomness,
    version: 'test',
    watchSeconds: 1,
  });
  stopping = new AbortController();
});

afterEach(async () => {
  stopping.abort();
  await cluster.close();
  await server.stop();
});

/** Reads on until an event fits. */
async function until(
  events: AsyncIterator<NodeEvent>,
  fits: (event: NodeEvent) => boolean,
): Promise<NodeEvent> {
  for (;;) {
    const next = await events.next();
    if (next.done === true) throw new Error('the watch ended');
    if (fits(next.value)) return next.value;
  }
}

function watch(): AsyncIterator<NodeEvent> {
  return cluster.watchNodes(stopping.signal, () => undefined)[Symbol.asyncIterator]();
}

describe('the watch of nodes', () => {
  it('given nodes, then it lists them first and then tells each change and end', async () => {
    register('n1');
    const events = watch();
    const first = await events.next();
    expect(first.value).toMatchObject({ kind: 'listed', nodes: [{ metadata: { name: 'n1' } }] });
    register('n2');
    await until(events, (event) => event.kind === 'changed' && event.node.metadata.name === 'n2');
    server.kubelets.deregisterNode('n1');
    await until(events, (event) => event.kind === 'deleted' && event.node.metadata.name === 'n1');
  });

  it('given a watch, then its nodes are remembered as they were seen, until it ends', async () => {
    register('n1');
    expect(cluster.nodeSeen('n1')).toBeUndefined();
    const events = watch();
    await events.next();
    expect(cluster.nodeSeen('n1')?.metadata.name).toBe('n1');
    server.kubelets.deregisterNode('n1');
    await until(events, (event) => event.kind === 'deleted');
    expect(cluster.nodeSeen('n1')).toBeUndefined();
    register('n2');
    await until(events, (event) => event.kind === 'changed');
    expect(cluster.nodeSeen('n2')?.metadata.name).toBe('n2');
    await events.return?.();
    expect(cluster.nodeSeen('n2')).toBeUndefined();
  });

  it('given a history that the server has forgotten, then it lists anew', async () => {
    register('n1');
    const events = watch();
    await events.next();
    register('n2');
    server.forgetHistory();
    const again = await until(events, (event) => event.kind === 'listed');
    expect(again).toMatchObject({ nodes: [{ metadata: { name: 'n1' } }, { metadata: { name: 'n2' } }] });
  });

  it('given nothing happens, then each watch that ends tells so with a bookmark', async () => {
    register('n1');
    const events = watch();
    await events.next();
    await until(events, (event) => event.kind === 'bookmark');
    await until(events, (event) => event.kind === 'bookmark');
    expect(cluster.nodeSeen('n1')?.metadata.name).toBe('n1');
  });

  it('given a refused connection, then the API server is unreachable; given a wrong token, forbidden', async () => {
    const base = { cluster: 'a', clock: systemClock, randomness: systemRandomness, version: 'test' };
    const wrong = connectCluster({ ...base, access: { server: server.baseUrl, token: () => 'no' } });
    expect((await wrong.getNode('n1')).kind).toBe('forbidden');
    await wrong.close();
    await server.stop();
    expect((await cluster.getNode('n1')).kind).toBe('unreachable');
  });
});
