import { defineConfig } from 'vitest/config';

/** Tests that a mutant of what decides has to get by: quick ones, since each mutant runs them all anew. */
export default defineConfig({
  test: {
    include: [
      'test/workflows/{machines,reboot,notice}.test.ts',
      'test/services/maintenance/decide/{orphans,parking,parking-facts,pools,processes,reports}.test.ts',
      'test/services/guard/*.test.ts',
      'test/upgrades/golden-histories.test.ts',
    ],
    testTimeout: 30_000,
  },
});
