import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { systemClock, systemRandomness } from '../../../adapters/clock/system-clock.js';
import { connectCluster, type ConnectedCluster } from '../../../adapters/kubernetes/cluster.js';
import type { NodeName } from '../../../domain/identifiers.js';
import { startSimulatedApiServer, type SimulatedApiServer } from '../../../world/kubernetes/api-server.js';
import { realTimeClock } from '../../../world/real-time-clock.js';
import { nodeLeasesSuite } from '../../contract/node-leases/suite.js';

const path = '/apis/coordination.k8s.io/v1/namespaces/medik8s-leases/leases';
let server: SimulatedApiServer;
const opened: ConnectedCluster[] = [];

function connect(laterMs = 0): ConnectedCluster {
  const clock = { ...systemClock, now: () => Date.now() + laterMs };
  const access = { server: server.baseUrl, token: () => 't' };
  const cluster = connectCluster({
    cluster: 'a',
    access,
    clock,
    randomness: systemRandomness,
    version: 'test',
  });
  opened.push(cluster);
  return cluster;
}

async function post(at: string, body: object): Promise<void> {
  const headers = { authorization: 'Bearer t', 'content-type': 'application/json' };
  const answer = await fetch(server.baseUrl + at, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(answer.status).toBe(201);
}

beforeAll(async () => {
  server = await startSimulatedApiServer({ clock: realTimeClock(), token: 't' });
});
afterAll(async () => {
  await Promise.all(opened.map((cluster) => cluster.close()));
  await server.stop();
});

it('given no such namespace or no API server, then nobody knows whose a node is', async () => {
  const leases = connect().nodeLeases('one');
  expect(await leases.take('n1' as NodeName)).toMatchObject({ kind: 'unknown' });
  const access = { server: 'http://127.0.0.1:9', token: () => 't' };
  const nowhere = connectCluster({
    ...{ cluster: 'a', access, clock: systemClock, randomness: systemRandomness, version: 'test' },
  });
  opened.push(nowhere);
  expect(await nowhere.nodeLeases('one').look('n1' as NodeName)).toMatchObject({ kind: 'unknown' });
  expect(await nowhere.nodeLeases('one').held()).toBeUndefined();
});

describe('on the simulated API server', () => {
  beforeAll(() => post('/api/v1/namespaces', { metadata: { name: 'medik8s-leases' } }));

  nodeLeasesSuite(
    () => ({
      leases: (holder, laterMs) => connect(laterMs).nodeLeases(holder),
      write: (node, spec) => post(path, { metadata: { name: `node-${node}` }, spec }),
    }),
    30_000,
  );
});
