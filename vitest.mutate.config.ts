import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { placeIn } from './tools/longest-first.js';

/**
 * Tests that a mutant of what decides has to get by, those first that see most for least: a mutant is done with at the
 * first test that fails.
 */
const files = [
  'test/mutation/machines-made.test.ts',
  'test/mutation/machines-as-drawn.test.ts',
  'test/upgrades/golden-histories.test.ts',
  'test/services/maintenance/decide/fates.test.ts',
  'test/services/maintenance/decide/signals.test.ts',
  'test/services/maintenance/decide/ends-and-ladders.test.ts',
  'test/services/maintenance/decide/reports.test.ts',
  'test/services/maintenance/decide/processes.test.ts',
  'test/workflows/reboot.test.ts',
  'test/workflows/component-restart.test.ts',
  'test/workflows/reinstall.test.ts',
  'test/workflows/hardware-repair.test.ts',
  'test/workflows/policy.test.ts',
  'test/services/maintenance/decide/orphans.test.ts',
  'test/services/maintenance/decide/parking.test.ts',
  'test/services/maintenance/decide/parking-facts.test.ts',
  'test/services/maintenance/decide/pools.test.ts',
  'test/services/maintenance/decide/causes.test.ts',
  'test/services/maintenance/decide/verification.test.ts',
  'test/services/maintenance/decide/timers.test.ts',
  'test/services/maintenance/decide/flapping.test.ts',
  'test/services/maintenance/decide/dismissals.test.ts',
  'test/services/maintenance/decide/successors.test.ts',
  'test/services/maintenance/decide/found-gone.test.ts',
  'test/services/maintenance/decide/identities.test.ts',
  'test/workflows/deadlines.test.ts',
  'test/workflows/ends-of-stages.test.ts',
  'test/workflows/settling.test.ts',
  'test/workflows/looks.test.ts',
  'test/workflows/unexpected-results.test.ts',
  'test/workflows/notice.test.ts',
  'test/services/maintenance/activate-withheld.test.ts',
  'test/workflows/machines.test.ts',
];

class AsListed extends BaseSequencer {
  override sort(found: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve(found.toSorted((left, right) => placeIn(files, left) - placeIn(files, right)));
  }
}

export default defineConfig({
  test: {
    include: files,
    testTimeout: 30_000,
    sequence: { sequencer: AsListed },
  },
});
