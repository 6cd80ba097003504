import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { conditionStatus, phaseOf, taintsOf } from '../../../world/kubernetes/node-and-pod.js';
import { replicaSet, TestCluster } from './cluster.js';

const jsonPatch = 'application/json-patch+json';
const outOfService = { key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' };

describe('a machine with pods that dies', () => {
  let cluster: TestCluster;

  beforeEach(async () => {
    cluster = await TestCluster.start(['a', 'b']);
    cluster.create('replicaSets', replicaSet('web', 4));
    await cluster.pass(5);
  });

  afterEach(() => cluster.server.stop());

  it('had its share of the pods running before', () => {
    expect(cluster.podsOn('a').map(phaseOf)).toEqual(['Running', 'Running']);
    expect(cluster.podsOn('b').map(phaseOf)).toEqual(['Running', 'Running']);
  });

  it('is Ready for as long as its lease may be old, then Unknown and tainted unreachable', async () => {
    cluster.server.kubelets.setAlive('a', false);
    await cluster.pass(29);
    expect(conditionStatus(cluster.node('a'), 'Ready')).toBe('True');
    await cluster.pass(12);
    expect(conditionStatus(cluster.node('a'), 'Ready')).toBe('Unknown');
    const unreachable = taintsOf(cluster.node('a')).map(({ key, effect }) => `${key}:${effect}`);
    expect(unreachable).toEqual(
      ['NoSchedule', 'NoExecute'].map((effect) => `node.kubernetes.io/unreachable:${effect}`),
    );
  });

  it('keeps its pods terminating after their toleration, while others run elsewhere', async () => {
    cluster.server.kubelets.setAlive('a', false);
    await cluster.pass(400);
    expect(cluster.podsOn('a').map((pod) => pod.metadata.deletionTimestamp !== undefined)).toEqual([
      true,
      true,
    ]);
    expect(cluster.podsOn('b').map(phaseOf)).toEqual(['Running', 'Running', 'Running', 'Running']);
  });

  it('loses its pods at once when it is declared out of service', async () => {
    cluster.server.kubelets.setAlive('a', false);
    await cluster.pass(60);
    const patch = [{ op: 'add', path: '/spec/taints/-', value: outOfService }];
    expect((await cluster.request('PATCH', '/api/v1/nodes/a', patch, jsonPatch)).status).toBe(200);
    await cluster.pass(5);
    expect(cluster.podsOn('a')).toEqual([]);
    expect(cluster.podsOn('b')).toHaveLength(4);
  });

  it('ends terminating pods and is untainted when it is back', async () => {
    cluster.server.kubelets.setAlive('a', false);
    await cluster.pass(400);
    cluster.server.kubelets.setNodeInfo('a', { bootID: 'a-boot-2' });
    cluster.server.kubelets.setAlive('a', true);
    await cluster.pass(5);
    expect(conditionStatus(cluster.node('a'), 'Ready')).toBe('True');
    expect(taintsOf(cluster.node('a'))).toEqual([]);
    expect(cluster.podsOn('a')).toEqual([]);
    expect(cluster.node('a').status).toMatchObject({ nodeInfo: { bootID: 'a-boot-2' } });
  });

  it('is no trouble when it was silent for less than the grace', async () => {
    cluster.server.kubelets.setAlive('a', false);
    await cluster.pass(20);
    cluster.server.kubelets.setAlive('a', true);
    await cluster.pass(600);
    expect(conditionStatus(cluster.node('a'), 'Ready')).toBe('True');
    expect(cluster.podsOn('a')).toHaveLength(2);
  });

  it('leaves no pods behind when its node is deleted', async () => {
    cluster.server.kubelets.setAlive('a', false);
    cluster.server.kubelets.deregisterNode('a');
    await cluster.pass(60);
    expect(cluster.podsOn('a')).toEqual([]);
    expect(cluster.podsOn('b')).toHaveLength(4);
  });
});

describe('a live machine', () => {
  let cluster: TestCluster;

  beforeEach(async () => {
    cluster = await TestCluster.start(['a']);
  });

  afterEach(() => cluster.server.stop());

  it('has a fresh lease whenever somebody looks, years later, without any timer', async () => {
    await cluster.pass(3 * 365 * 24 * 3600);
    expect(cluster.clock.nextAt).toBeUndefined();
    const path = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/a';
    const lease: unknown = await (await cluster.request('GET', path)).json();
    const renewed = new Date(cluster.clock.now()).toISOString().slice(0, 15);
    expect(lease).toMatchObject({ spec: { renewTime: expect.stringContaining(renewed) as unknown } });
  });

  it('stays as it was when nothing but its lease was renewed', async () => {
    const before = cluster.node('a').metadata.resourceVersion;
    await cluster.pass(3600);
    expect(cluster.node('a').metadata.resourceVersion).toBe(before);
  });
});

describe('a node whose lease is renewed over HTTP', () => {
  it('turns Unknown when the renewals cease', async () => {
    const cluster = await TestCluster.start([]);
    try {
      const conditions = [{ type: 'Ready', status: 'True' }];
      await cluster.request('POST', '/api/v1/nodes', { metadata: { name: 'h' }, status: { conditions } });
      const spec = { holderIdentity: 'h', renewTime: '2002-05-06T08:00:00.000000Z' };
      const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
      await cluster.request('POST', leases, { metadata: { name: 'h' }, spec });
      await cluster.pass(39);
      expect(conditionStatus(cluster.node('h'), 'Ready')).toBe('True');
      await cluster.pass(2);
      expect(conditionStatus(cluster.node('h'), 'Ready')).toBe('Unknown');
    } finally {
      await cluster.server.stop();
    }
  });
});
