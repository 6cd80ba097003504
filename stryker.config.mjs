import { mutationResults } from './test/mutation/results.mjs';

/** Mutation of what decides. `npm run mutate -- FILES` runs it on some files, or all, and prints the score per file. */
export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner', './test/mutation/words-for-people.mjs'],
  vitest: { configFile: 'vitest.mutate.config.ts', related: false },
  mutate: [
    'workflows/**/*.ts',
    // Writes a page of the documents.
    '!workflows/document.ts',
    'services/maintenance/decide/**/*.ts',
  ],
  ignorePatterns: ['dist', 'coverage', '.faultline', 'world', 'stack', 'bench', 'chaos', 'deploy'],
  ignorers: ['words-for-people'],
  concurrency: 1,
  coverageAnalysis: 'perTest',
  timeoutMS: 20_000,
  incremental: true,
  incrementalFile: mutationResults,
  tempDirName: 'reports/.stryker-tmp',
  reporters: ['progress-append-only'],
  checkers: [],
};
