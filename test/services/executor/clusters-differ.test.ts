import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock, systemRandomness } from '../../../adapters/clock/system-clock.js';
import { connectCluster, type ConnectedCluster } from '../../../adapters/kubernetes/cluster.js';
import type { Command, CommandResult } from '../../../domain/command.js';
import type { CommandId, NodeKey, ProcessId } from '../../../domain/identifiers.js';
import { runExecutor, type RunningExecutor } from '../../../services/executor/executor.js';
import { defaultExecutorSettings } from '../../../services/executor/settings.js';
import { startSimulatedApiServer, type SimulatedApiServer } from '../../../world/kubernetes/api-server.js';
import { realTimeClock } from '../../../world/real-time-clock.js';
import { silentLog } from '../silent-log.js';
import { QueueOfOne } from './queue-of-one.js';

const names = ['plain', 'special'] as const;
let servers: readonly SimulatedApiServer[];
let clusters: ReadonlyMap<string, ConnectedCluster>;
let queue: QueueOfOne;
let executor: RunningExecutor;
let stopping: AbortController;

/** Two clusters with the same nodes: one of the control plane, one in a pool that observes. */
beforeEach(async () => {
  servers = await Promise.all(
    names.map(() => startSimulatedApiServer({ clock: realTimeClock(), token: 't' })),
  );
  const sick = { nodeInfo: { bootID: 'b1' }, conditions: [{ type: 'Ready', status: 'False' as const }] };
  for (const { kubelets } of servers) {
    kubelets.registerNode({
      name: 'master',
      ...sick,
      labels: { 'node-role.kubernetes.io/control-plane': '' },
    });
    kubelets.registerNode({ name: 'trial', ...sick, labels: { team: 'trials' } });
  }
  clusters = new Map(
    names.map((name, index) => {
      const access = { server: servers[index]?.baseUrl ?? '', token: () => 't' };
      const options = { clock: systemClock, randomness: systemRandomness, version: 'test' };
      return [name, connectCluster({ cluster: name, access, ...options })];
    }),
  );
  queue = new QueueOfOne();
  stopping = new AbortController();
  executor = runExecutor({
    queue,
    clusters,
    guard: { ask: () => Promise.resolve({ kind: 'ask', budgets: [], askAgainAt: {} }) },
    clock: systemClock,
    randomness: systemRandomness,
    settings: {
      ...defaultExecutorSettings,
      installation: 'inst1',
      poolWithholds: (pool) => pool === 'trials',
      byCluster: { special: { poolLabel: 'team', isolateProtectedNodes: true } },
    },
    signal: stopping.signal,
    log: silentLog,
  });
});

afterEach(async () => {
  stopping.abort();
  await executor.ended;
  for (const cluster of clusters.values()) await cluster.close();
  for (const server of servers) await server.stop();
});

async function isolate(node: string): Promise<Pick<CommandResult, 'status' | 'detail'>> {
  const processId = 'p-0123456789abcdef' as ProcessId;
  const command: Command = {
    id: `${processId}.1.1` as CommandId,
    type: 'isolateNode',
    parameters: { cordon: true, reason: 'test' },
    node: node as NodeKey,
    processId,
    stageEntry: 1,
    expected: {},
    mode: 'active',
    faultType: 'DiskFailure',
  };
  const ending = await queue.carryOut(command);
  if (typeof ending === 'string') throw new Error(`postponed: ${ending}`);
  return ending;
}

describe('two clusters that are configured differently: the settings of the first held for all', () => {
  it('each has its own rule for the nodes of the control plane', async () => {
    expect(await isolate('plain/master')).toMatchObject({
      status: 'failed',
      detail: { reason: 'ProtectedNode' },
    });
    expect(await isolate('special/master')).toMatchObject({ status: 'done' });
  });

  it('each has its own label of pools; what a pool withholds tells which pool it is', async () => {
    expect(await isolate('plain/trial')).toMatchObject({ status: 'done' });
    expect(await isolate('special/trial')).toMatchObject({
      status: 'withheld',
      detail: { reason: 'PoolModeObserve', observation: { pool: 'trials' } },
    });
  });
});
