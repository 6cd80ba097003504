import { expect, it } from 'vitest';
import type { KubernetesPod } from '../../adapters/ports/kubernetes.js';
import type { PodReference } from '../../domain/command.js';
import type { NodeKey, PodUid } from '../../domain/identifiers.js';
import { noDestructiveEffectTwice } from '../../simulation/invariants/no-destructive-effect-twice.js';
import type { Happening } from '../../simulation/world/happening.js';
import { commandFor } from '../services/executor/command-for.js';

const node = 'a/n1' as NodeKey;
const by = 'executor-1';
const web: PodReference = { namespace: 'shop', name: 'web', uid: 'pod-1' as PodUid };
const command = commandFor('deleteWorkload', { pods: [web], gracePeriodSeconds: 30 }, { node, expected: {} });
const pod: KubernetesPod = { metadata: { ...web, resourceVersion: '1' }, spec: {}, status: {} };

const claimed: Happening = { kind: 'claimed', by, command, budgets: [], attempt: 1, issuedAt: 0, until: 100 };
const deleted = (issuedAt: number, verb: 'delete' | 'evict' = 'delete'): Happening => ({
  ...{ kind: 'pod told to go', by, verb, node, pod, issuedAt },
});

/** What the invariant says to each of these, in order. */
function saidTo(...happenings: readonly Happening[]): readonly (string | undefined)[] {
  const { after } = noDestructiveEffectTwice();
  return happenings.map((happening, at) => after?.(happening, at));
}

it('a pod is deleted under a claim in force, once for each command', () => {
  expect(saidTo(claimed, deleted(1), deleted(1))).toEqual([
    undefined,
    undefined,
    `delete of pod-1 happened twice for ${command.id}`,
  ]);
});

it('a pod is not deleted without a claim, nor after it ran out', () => {
  expect(saidTo(deleted(0))).toEqual([`${by} did delete of pod-1 on ${node} without a claim`]);
  expect(saidTo(claimed, deleted(140))[1]).toContain('40 ms after its claim ran out');
});

it('an eviction is asked for without a claim, as often as it takes', () => {
  expect(saidTo(deleted(0, 'evict'), deleted(1, 'evict'))).toEqual([undefined, undefined]);
});
