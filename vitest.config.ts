import { defineConfig } from 'vitest/config';
import { LongestFirst } from './tools/longest-first.js';

/** Nothing but computing, or servers within the process: one worker runs file after file and loads our modules once. */
const light = ['chaos', 'domain', 'schemas', 'services', 'simulation', 'upgrades', 'workflows', 'world'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'light', include: light, isolate: false } },
      { extends: true, test: { name: 'apart', include: ['test/**/*.test.ts'], exclude: light } },
    ],
    // What one run has translated need not be translated by the next one, on another Node or beside it.
    experimental: { fsModuleCache: true },
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // A second, as it is by default, is little where two cores are shared.
    expect: { poll: { timeout: 20_000 } },
    passWithNoTests: false,
    // A file that ran nothing is a mistake, not a pass.
    allowOnly: false,
    sequence: { sequencer: LongestFirst },
  },
});
