import { describe, expect, it } from 'vitest';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import type { GuardPolicyVersion } from '../../../adapters/ports/guard-policies.js';
import { eachFresh, type Harness, type Installation } from './harness.js';

const policyOf = (version: string, by = 'pod-1'): GuardPolicyVersion => ({
  ...{ version, at: 5, by },
  policy: JSON.stringify({ labels: [`${version} \0`] }),
});

/** What the record of the guard's policies promises, on every journal. */
export function guardPoliciesSuite(harness: () => Harness): void {
  let installation: Installation;
  let copy: OpenJournal;
  eachFresh(harness, (fresh) => {
    ({ installation, copy } = fresh);
  });

  describe('policies of the guard', () => {
    it('are kept when they change, also back, and read page by page, the newest first', async () => {
      const { guardPolicies } = copy;
      expect(await guardPolicies.list({ limit: 5 })).toEqual({ rows: [] });
      expect(await guardPolicies.record(policyOf('one'))).toBe(true);
      expect(await guardPolicies.record(policyOf('one', 'pod-2'))).toBe(false);
      expect(await guardPolicies.record(policyOf('two'))).toBe(true);
      expect(await guardPolicies.record(policyOf('one'))).toBe(true);
      const first = await guardPolicies.list({ limit: 2 });
      expect(first.rows).toEqual([policyOf('one'), policyOf('two')]);
      const rest = await guardPolicies.list({ limit: 2, after: first.next ?? '' });
      expect(rest).toEqual({ rows: [policyOf('one')] });
    });

    it('that many copies take up at once are kept once', async () => {
      const copies = await Promise.all([1, 2, 3, 4].map(() => installation.open()));
      const kept = await Promise.all(
        copies.map(({ guardPolicies }, index) => guardPolicies.record(policyOf('one', `pod-${index}`))),
      );
      expect(kept.filter((one) => one)).toHaveLength(1);
      expect((await copy.guardPolicies.list({ limit: 5 })).rows).toHaveLength(1);
    });
  });
}
