import { describe, expect, it } from 'vitest';
import type { BootId, ClusterName, NodeUid } from '../../../domain/identifiers.js';
import type { KubernetesNode, NodeCondition } from '../../../adapters/ports/kubernetes.js';
import { defaultConditionRules } from '../../../services/detector/condition-rules.js';
import { compare, type Saying, type Sighting } from '../../../services/detector/sighting.js';

const context = {
  cluster: 'a' as ClusterName,
  rules: defaultConditionRules,
  source: 'detector',
  poolLabel: 'pool',
};

function condition(
  type: string,
  status: NodeCondition['status'],
  at = '2026-01-01T00:00:00Z',
): NodeCondition {
  return { type, status, reason: 'Because', lastTransitionTime: at, lastHeartbeatTime: at };
}

function node(conditions: readonly NodeCondition[], bootID = 'b1', uid = 'u1'): KubernetesNode {
  return {
    metadata: { name: 'n1', uid, resourceVersion: '1' },
    spec: {},
    status: { conditions, nodeInfo: { bootID, systemUUID: 's1', osImage: 'os' } },
  };
}

/** What a detector says about one state of the node after another. */
function told(...nodes: readonly KubernetesNode[]): readonly (readonly Saying[])[] {
  let sighting: Sighting | undefined;
  return nodes.map((present) => {
    const result = compare(context, sighting, present, undefined);
    sighting = result.sighting;
    return result.sayings;
  });
}

function inShort(sayings: readonly Saying[] | undefined): readonly string[] {
  return (sayings ?? []).map((saying) =>
    saying.kind === 'report' ? `${saying.report.type} ${saying.report.status}` : saying.change.change,
  );
}

const healthy = node([condition('Ready', 'True'), condition('KernelDeadlock', 'False')]);
const later = '2026-01-01T01:00:00Z';
const deadlocked = node([condition('Ready', 'True'), condition('KernelDeadlock', 'True', later)]);

describe('what a detector says about a node', () => {
  it('given a healthy node, when it is first seen and seen again, then it only appears', () => {
    expect(told(healthy, healthy).map(inShort)).toEqual([['appeared'], []]);
  });

  it('given a condition that turns bad and good, then it fires and clears once, however often it is listed', () => {
    const said = told(healthy, deadlocked, deadlocked, healthy, healthy).map(inShort);
    expect(said).toEqual([['appeared'], ['KernelDeadlock firing'], [], ['KernelDeadlock cleared'], []]);
  });

  it('given a restarted detector, then it says the same under the same ids', () => {
    const once = told(deadlocked)[0] ?? [];
    expect(told(deadlocked)[0]).toEqual(once);
    expect(inShort(once)).toEqual(['appeared', 'KernelDeadlock firing']);
  });

  /** The node with the label of its pool, as the server shows it at some version. */
  function inPool(pool: string, resourceVersion: string): KubernetesNode {
    return { ...healthy, metadata: { ...healthy.metadata, resourceVersion, labels: { pool } } };
  }

  it('given a node whose pool changes, then each change is told once, also back and forth', () => {
    const said = told(
      inPool('gpu', '1'),
      inPool('gpu', '2'),
      inPool('web', '3'),
      inPool('gpu', '4'),
      healthy,
    );
    expect(said.map(inShort)).toEqual([['appeared'], [], ['relabelled'], ['relabelled'], ['relabelled']]);
    const changes = said.flat().flatMap((saying) => (saying.kind === 'change' ? [saying] : []));
    expect(changes.map(({ change }) => change.pool)).toEqual(['gpu', 'web', 'gpu', undefined]);
    expect(new Set(changes.map(({ causeId }) => causeId)).size).toBe(4);
  });

  it('given a pool that changed while no detector ran, then that is told at the first look', () => {
    const remembered = { nodeUid: 'u1' as NodeUid, bootId: 'b1' as BootId, openFaults: new Set<never>() };
    const look = (pool: string) =>
      inShort(compare(context, undefined, inPool('gpu', '1'), { ...remembered, pool }).sayings);
    expect(look('web')).toEqual(['relabelled']);
    expect(look('gpu')).toEqual([]);
  });

  it('given Ready goes from False to Unknown, then it is one fault', () => {
    const silent = [
      condition('Ready', 'False', later),
      condition('Ready', 'Unknown', '2026-01-01T02:00:00Z'),
    ];
    expect(told(healthy, ...silent.map((ready) => node([ready]))).map(inShort)).toEqual([
      ['appeared'],
      ['NodeNotReady firing'],
      [],
    ]);
  });

  it('given a bad condition that turns Unknown or goes away, then nothing is cleared', () => {
    const unknown = node([condition('Ready', 'True'), condition('KernelDeadlock', 'Unknown', later)]);
    const absent = node([condition('Ready', 'True')]);
    expect(told(deadlocked, unknown, absent, healthy).map(inShort)).toEqual([
      ['appeared', 'KernelDeadlock firing'],
      [],
      [],
      ['KernelDeadlock cleared'],
    ]);
  });

  it('given a reboot, when an old condition still stands there, then it is not reported as new', () => {
    const conditions = deadlocked.status.conditions ?? [];
    expect(told(deadlocked, node(conditions, 'b2')).map(inShort)).toEqual([
      ['appeared', 'KernelDeadlock firing'],
      ['rebooted'],
    ]);
    const written = node(
      [condition('Ready', 'True'), condition('KernelDeadlock', 'True', '2026-01-01T03:00:00Z')],
      'b2',
    );
    expect(told(deadlocked, node(conditions, 'b2'), written).map(inShort)[2]).toEqual([
      'KernelDeadlock firing',
    ]);
  });

  it('given a fault of the boot before, when its condition is written anew after the reboot and is good, then it is cleared', () => {
    const past = condition('KernelDeadlock', 'True', later);
    const well = condition('KernelDeadlock', 'False', '2026-01-01T02:00:00Z');
    const said = told(
      deadlocked,
      node([condition('Ready', 'True'), past], 'b2'),
      node([condition('Ready', 'True'), well], 'b2'),
      node([condition('Ready', 'True'), well], 'b2'),
    );
    expect(said.map(inShort)).toEqual([
      ['appeared', 'KernelDeadlock firing'],
      ['rebooted'],
      ['KernelDeadlock cleared'],
      [],
    ]);
  });

  it('given another object under the name, then it appears anew', () => {
    expect(told(healthy, node([condition('Ready', 'True')], 'b1', 'u2')).map(inShort)[1]).toEqual([
      'appeared',
    ]);
  });

  it('given what the journal remembers, when it was cleared or rebooted meanwhile, then that is said', () => {
    const remembered = {
      nodeUid: 'u1' as NodeUid,
      bootId: 'b0' as BootId,
      openFaults: new Set(['KernelDeadlock'] as const),
    };
    expect(inShort(compare(context, undefined, healthy, remembered).sayings)).toEqual([
      'rebooted',
      'KernelDeadlock cleared',
    ]);
  });

  it('given our own isolation, then there is nothing to report', () => {
    const isolated: KubernetesNode = {
      ...healthy,
      spec: {
        unschedulable: true,
        taints: [{ key: 'faultline.dev/maintenance', value: 'i.p-1', effect: 'NoSchedule' }],
      },
    };
    expect(inShort(told(healthy, isolated)[1])).toEqual([]);
  });
});
