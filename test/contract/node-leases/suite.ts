import { expect, it } from 'vitest';

import type { NodeLeases } from '../../../adapters/ports/node-lease.js';
import type { NodeName } from '../../../domain/identifiers.js';

export interface LeaseHarness {
  /** Now, by the clock that these judge leases by, is so much later than it is. */
  readonly leases: (holder: string, laterMs?: number) => NodeLeases;
  /** As the operators of medik8s write it: what somebody else holds, or held. */
  readonly write: (node: string, spec: object) => Promise<void>;
}

const node = (name: string): NodeName => name as NodeName;
const minuteMs = 60_000;
const microTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');

/** What leases of nodes promise, on any API server. */
export function nodeLeasesSuite(harness: () => LeaseHarness, patienceMs: number): void {
  it(
    'given a lease that nobody has, then the first who takes it has it until he gives it up',
    async () => {
      const { leases } = harness();
      const [ours, theirs] = [leases('one'), leases('two')];
      expect(await ours.look(node('l1'))).toEqual({ kind: 'free' });
      const taken = await ours.take(node('l1'));
      expect(taken).toMatchObject({ kind: 'taken' });
      expect(await ours.look(node('l1'))).toEqual({ kind: 'free' });
      expect(await theirs.look(node('l1'))).toMatchObject({ kind: 'foreign', holder: 'one' });
      expect(await theirs.take(node('l1'))).toMatchObject({ kind: 'foreign', holder: 'one' });
      const kept = await ours.take(node('l1'));
      expect(kept).toMatchObject({ kind: 'kept' });
      if (!('version' in taken) || !('version' in kept)) throw new Error('it has no version');
      expect(await ours.held()).toMatchObject([{ node: 'l1', version: kept.version }]);
      expect(await theirs.held()).toEqual([]);
      expect(await ours.release(node('l1'), taken.version)).toBe(false);
      expect(await ours.release(node('l1'), kept.version)).toBe(true);
      expect(await theirs.take(node('l1'))).toMatchObject({ kind: 'taken' });
    },
    patienceMs,
  );

  it(
    'given a lease of an operator of medik8s, then it is his until it runs out, and ours afterwards',
    async () => {
      const { leases, write } = harness();
      const renewTime = microTime(Date.now());
      await write('l2', { holderIdentity: 'node-healthcheck', leaseDurationSeconds: 300, renewTime });
      expect(await leases('one', 4 * minuteMs).take(node('l2'))).toMatchObject({
        holder: 'node-healthcheck',
      });
      const later = leases('one', 6 * minuteMs);
      expect(await later.look(node('l2'))).toEqual({ kind: 'free' });
      expect(await later.take(node('l2'))).toMatchObject({ kind: 'taken' });
      expect(await later.take(node('l2'))).toMatchObject({ kind: 'kept' });
    },
    patienceMs,
  );

  it(
    'given a lease that does not say when it was renewed, then it holds for nobody',
    async () => {
      const { leases, write } = harness();
      await write('l3', { holderIdentity: 'node-healthcheck' });
      expect(await leases('one').take(node('l3'))).toMatchObject({ kind: 'taken' });
    },
    patienceMs,
  );

  it(
    'given many who take it at the same moment, then one has it',
    async () => {
      const { leases } = harness();
      const names = ['one', 'two', 'three', 'four', 'five', 'six'];
      const answers = await Promise.all(names.map((name) => leases(name).take(node('l4'))));
      expect(answers.filter(({ kind }) => kind === 'taken')).toHaveLength(1);
      expect(answers.filter(({ kind }) => kind === 'foreign' || kind === 'unknown')).toHaveLength(5);
    },
    patienceMs,
  );
}
