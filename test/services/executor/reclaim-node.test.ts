import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock, systemRandomness } from '../../../adapters/clock/system-clock.js';
import { connectCluster, type ConnectedCluster } from '../../../adapters/kubernetes/cluster.js';
import type { KubernetesNode } from '../../../adapters/ports/kubernetes.js';
import { cordonedByAnnotation, holdAnnotation, isolationTaint } from '../../../adapters/ports/node-marks.js';
import type { CommandParameters } from '../../../domain/command.js';
import type { CommandId, NodeKey, NodeName, ProcessId } from '../../../domain/identifiers.js';
import type { CommandOf, Ending, Next, World } from '../../../services/executor/effect.js';
import { isolateNode } from '../../../services/executor/effects/isolate-node.js';
import { reclaimNode } from '../../../services/executor/effects/reclaim-node.js';
import { defaultExecutorSettings } from '../../../services/executor/settings.js';
import { startSimulatedApiServer, type SimulatedApiServer } from '../../../world/kubernetes/api-server.js';
import { realTimeClock } from '../../../world/real-time-clock.js';

const lost = 'p-lost000000000000' as ProcessId;
const present = 'p-present000000000' as ProcessId;
const ready = (status: 'True' | 'False') => [{ type: 'Ready', status }];

let server: SimulatedApiServer;
let cluster: ConnectedCluster;
let world: World;

/** A node that a process isolated which no journal knows any more. */
beforeEach(async () => {
  server = await startSimulatedApiServer({ clock: realTimeClock(), token: 't' });
  server.kubelets.registerNode({ name: 'n1', nodeInfo: { bootID: 'b1' }, conditions: ready('True') });
  cluster = connectCluster({
    cluster: 'a',
    access: { server: server.baseUrl, token: () => 't' },
    clock: systemClock,
    randomness: systemRandomness,
    version: 'test',
  });
  world = {
    cluster,
    nodeName: 'n1' as NodeName,
    power: undefined,
    tickets: undefined,
    actions: undefined,
    clock: systemClock,
    settings: { ...defaultExecutorSettings, installation: 'inst1' },
    unfinishedAttempt: false,
    keepClaim: () => Promise.resolve(true),
    stopping: new AbortController().signal,
  };
  expect(await isolate(lost, {})).toMatchObject({ status: 'done' });
});

afterEach(async () => {
  await cluster.close();
  await server.stop();
});

function about(processId: ProcessId) {
  return {
    id: `${processId}.1.1` as CommandId,
    node: 'a/n1' as NodeKey,
    processId,
    stageEntry: 1,
    expected: {},
    mode: 'active' as const,
    faultType: 'Undetermined',
  };
}

async function acted(next: Promise<Next>): Promise<Ending> {
  const looked = await next;
  return looked.kind === 'act' ? looked.act() : looked;
}

function isolate(processId: ProcessId, more: Partial<CommandParameters['isolateNode']>): Promise<Ending> {
  const parameters = { cordon: true, reason: 'test', ...more };
  return acted(isolateNode({ ...about(processId), type: 'isolateNode', parameters }, world));
}

function reclaim(changes: Partial<CommandOf<'reclaimNode'>> = {}): Promise<Ending> {
  const command: CommandOf<'reclaimNode'> = {
    ...about(present),
    type: 'reclaimNode',
    parameters: { owner: lost },
    ...changes,
  };
  return acted(reclaimNode(command, world));
}

async function node(): Promise<KubernetesNode> {
  const answer = await cluster.getNode('n1');
  if (answer.kind !== 'ok') throw new Error(answer.kind);
  return answer.value;
}

describe('reclaiming a node', () => {
  it('given it is well, then exactly what the lost process put there goes', async () => {
    expect(await reclaim()).toMatchObject({ status: 'done' });
    expect(isolationTaint(await node())).toBeUndefined();
    expect((await node()).spec.unschedulable).toBeUndefined();
    expect((await node()).metadata.annotations ?? {}).not.toHaveProperty(cordonedByAnnotation);
    expect(await reclaim()).toMatchObject({ status: 'done' });
  });

  it('given it is not Ready any more, then nothing is given back', async () => {
    server.kubelets.setConditions('n1', ready('False'));
    expect(await reclaim()).toMatchObject({ status: 'failed', detail: { reason: 'NotReady' } });
    expect(isolationTaint(await node())?.value).toBe(`inst1.${lost}`);
  });

  it("given a person's hold, then it stays out", async () => {
    const hold = [{ op: 'add' as const, path: '/metadata/annotations/faultline.dev~1hold', value: 'mine' }];
    expect((await cluster.patchNode('n1', hold)).kind).toBe('ok');
    expect((await node()).metadata.annotations?.[holdAnnotation]).toBe('mine');
    expect(await reclaim()).toMatchObject({ status: 'failed', detail: { reason: 'Held' } });
  });

  it("given another installation's or another process's isolation, then it is not touched", async () => {
    const other = { ...world, settings: { ...world.settings, installation: 'inst2' } };
    const command = { ...about(present), type: 'reclaimNode' as const, parameters: { owner: lost } };
    const foreign = { status: 'failed', detail: { reason: 'ForeignIsolation' } };
    expect(await acted(reclaimNode(command, other))).toMatchObject(foreign);
    expect(await reclaim({ parameters: { owner: 'p-third' as ProcessId } })).toMatchObject(foreign);
  });
});

describe('adopting an isolation', () => {
  it('given the process names whose it is, then the node stays isolated and all marks are its own', async () => {
    expect(await isolate(present, {})).toMatchObject({ detail: { reason: 'ForeignIsolation' } });
    expect(await isolate(present, { adopts: lost })).toMatchObject({ status: 'done' });
    const marked = await node();
    expect(isolationTaint(marked)?.value).toBe(`inst1.${present}`);
    expect(marked.spec.unschedulable).toBe(true);
    expect(JSON.stringify(marked.metadata.annotations)).not.toContain(lost);
  });
});
