import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { controllerUidOf, nodeNameOf, phaseOf } from '../../../world/kubernetes/node-and-pod.js';
import { podDisruptionBudgets } from '../../../world/kubernetes/resources.js';
import { replicaSet, TestCluster } from './cluster.js';

const mergePatch = 'application/merge-patch+json';

describe('the workload of a cluster of three', () => {
  let cluster: TestCluster;

  beforeEach(async () => {
    cluster = await TestCluster.start(['a', 'b', 'c']);
  });

  afterEach(() => cluster.server.stop());

  it('is spread evenly', async () => {
    cluster.create('replicaSets', replicaSet('web', 9));
    await cluster.pass(5);
    expect(['a', 'b', 'c'].map((name) => cluster.podsOn(name).length)).toEqual([3, 3, 3]);
    expect(cluster.allPods().every((pod) => phaseOf(pod) === 'Running')).toBe(true);
  });

  it('avoids a cordoned node', async () => {
    await cluster.request('PATCH', '/api/v1/nodes/a', { spec: { unschedulable: true } }, mergePatch);
    cluster.create('replicaSets', replicaSet('web', 4));
    await cluster.pass(5);
    expect(['a', 'b', 'c'].map((name) => cluster.podsOn(name).length)).toEqual([0, 2, 2]);
  });

  it('waits while no node is open, and starts when one is', async () => {
    const cordon = (unschedulable: boolean): Promise<unknown> =>
      Promise.all(
        ['a', 'b', 'c'].map((name) =>
          cluster.request('PATCH', `/api/v1/nodes/${name}`, { spec: { unschedulable } }, mergePatch),
        ),
      );
    await cordon(true);
    cluster.create('replicaSets', replicaSet('web', 2));
    await cluster.pass(60);
    expect(cluster.allPods().map(nodeNameOf)).toEqual([undefined, undefined]);
    await cordon(false);
    await cluster.pass(5);
    expect(cluster.allPods().map(phaseOf)).toEqual(['Running', 'Running']);
  });

  it('replaces an evicted pod, and its budget holds until the other runs', async () => {
    cluster.create('replicaSets', replicaSet('web', 3));
    const budget = cluster.create('podDisruptionBudgets', {
      metadata: { name: 'web' },
      spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'web' } } },
    });
    await cluster.pass(5);
    const [first, second] = cluster.allPods().map((pod) => pod.metadata.name);
    const evict = (name = ''): Promise<Response> =>
      cluster.request('POST', `/api/v1/namespaces/default/pods/${name}/eviction`, { metadata: { name } });
    expect((await evict(first)).status).toBe(201);
    expect((await evict(second)).status).toBe(429);
    await cluster.pass(5);
    expect(cluster.allPods().map(phaseOf)).toEqual(['Running', 'Running', 'Running']);
    expect(cluster.allPods().map((pod) => pod.metadata.name)).not.toContain(first);
    const status = cluster.server.state.store.get(
      podDisruptionBudgets,
      'default',
      budget.metadata.name,
    )?.status;
    expect(status).toMatchObject({
      expectedPods: 3,
      currentHealthy: 3,
      desiredHealthy: 2,
      disruptionsAllowed: 1,
    });
    expect((await evict(second)).status).toBe(201);
  });

  it('has one pod of a daemon set on every node, also on a cordoned one', async () => {
    await cluster.request('PATCH', '/api/v1/nodes/a', { spec: { unschedulable: true } }, mergePatch);
    const set = cluster.create('daemonSets', replicaSet('agent', 0));
    await cluster.pass(5);
    for (const name of ['a', 'b', 'c']) {
      expect(cluster.podsOn(name).map(controllerUidOf)).toEqual([set.metadata.uid]);
    }
  });

  it('leaves a node that a person taints with NoExecute once its toleration is over', async () => {
    const template = {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [{ name: 'main', image: 'none' }],
        tolerations: [{ key: 'leave', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 100 }],
      },
    };
    cluster.create('replicaSets', { metadata: { name: 'web' }, spec: { replicas: 3, template } });
    await cluster.pass(5);
    // Without timeAdded, and with NoSchedule so that nothing new comes.
    const taints = ['NoExecute', 'NoSchedule'].map((effect) => ({ key: 'leave', effect }));
    await cluster.request('PATCH', '/api/v1/nodes/a', { spec: { taints } }, mergePatch);
    await cluster.pass(90);
    await cluster.request('PATCH', '/api/v1/nodes/a', { metadata: { labels: { x: 'y' } } }, mergePatch);
    expect(cluster.podsOn('a')).toHaveLength(1);
    await cluster.pass(20);
    expect(cluster.podsOn('a')).toHaveLength(0);
  });

  it('goes with its replica set', async () => {
    cluster.create('replicaSets', replicaSet('web', 3));
    await cluster.pass(5);
    await cluster.request('DELETE', '/apis/apps/v1/namespaces/default/replicasets/web');
    await cluster.pass(5);
    expect(cluster.allPods()).toEqual([]);
  });
});
