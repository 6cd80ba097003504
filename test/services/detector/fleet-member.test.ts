import { describe, expect, it } from 'vitest';
import type { KubernetesNode } from '../../../adapters/ports/kubernetes.js';
import { maintenanceTaint } from '../../../adapters/ports/node-marks.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import { memberOf, sameMember } from '../../../services/detector/fleet-member.js';

const labels = { poolLabel: 'pool', zoneLabel: 'zone', guardLabels: ['rack'] };

function unavailable(spec: KubernetesNode['spec'], ready: 'True' | 'False' = 'True'): boolean {
  const node: KubernetesNode = {
    metadata: { name: 'n1', uid: 'u1', resourceVersion: '1' },
    spec,
    status: { conditions: [{ type: 'Ready', status: ready }] },
  };
  return memberOf(node, 'a/n1' as NodeKey, labels).unavailable;
}

describe('a node as the change guard counts it', () => {
  it.each([
    ['a node in service', {}, false],
    ['one that is cordoned, whoever did it', { unschedulable: true }, true],
    [
      'one that is isolated without a cordon: a lost journal knew of it, and more nodes went out than may (seed 163)',
      { taints: [{ key: maintenanceTaint, value: 'i.p-1', effect: 'NoSchedule' }] },
      true,
    ],
    [
      'one with a taint that is not ours',
      { taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] },
      false,
    ],
  ] as const)('given %s', (_what, spec, expected) => {
    expect(unavailable(spec)).toBe(expected);
  });

  it('given labels that the policy may name, then those are kept and no others', () => {
    const node: KubernetesNode = {
      metadata: { name: 'n1', uid: 'u1', resourceVersion: '1', labels: { rack: 'r7', team: 'a' } },
      spec: {},
      status: {},
    };
    const member = memberOf(node, 'a/n1' as NodeKey, labels);
    expect(member.labels).toEqual({ rack: 'r7' });
    expect(sameMember(member, { ...member, labels: { rack: 'r8' } })).toBe(false);
  });

  it('given one that is not ready, then it is unavailable', () => {
    expect(unavailable({}, 'False')).toBe(true);
  });
});
