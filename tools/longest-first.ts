import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes longer than the rest, the longest first; `npm test` prints the ten slowest at its end. */
const longest = [
  'test/chaos-stack/short-run.test.ts',
  'test/stack/everything.test.ts',
  'test/demo-stack/demo-stack.test.ts',
  'test/stack/embedded.test.ts',
  'test/contract/journal/postgres.test.ts',
  'test/contract/journal/changes-race.test.ts',
  'test/contract/journal/postgres-cuts.test.ts',
  'test/contract/event-log/kafka.test.ts',
  'test/stack/reports.test.ts',
  'test/stack-self/everything-starts.test.ts',
  'test/contract/event-log/kafka-traps.test.ts',
  'test/demo/demo.test.ts',
  'test/operations/metrics.test.ts',
  'test/simulation/simulation.test.ts',
  'test/cli/run-dependencies.test.ts',
];

/** Place of a test file in a list of them; behind all when it is not there. */
export function placeIn(files: readonly string[], { moduleId }: TestSpecification): number {
  const place = files.findIndex((file) => moduleId.endsWith(file));
  return place === -1 ? files.length : place;
}

function sharesWorker({ project }: TestSpecification): number {
  return project.config.isolate ? 0 : 1;
}

/**
 * A long file that begins last keeps one core busy and the others idle. Files that share a worker stay together: it ends
 * when the next file is not one of them.
 */
export class LongestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order = (one: TestSpecification, other: TestSpecification): number =>
      sharesWorker(one) - sharesWorker(other) || placeIn(longest, one) - placeIn(longest, other);
    return Promise.resolve(files.toSorted(order));
  }
}
