import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PlantMisplaced, verdictOn, withPlanted, type Verdict } from './plant.js';
import { runVitest } from './run-vitest.js';
import type { StorePlant } from './store-plants.js';

type Tried = Pick<StorePlant, 'tests' | 'named'>;

interface Ran {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
}

/** Runs the plant's tests on the real PostgreSQL or Kafka, in a copy of the tree with the bug in it. */
export async function seekInStores(root: string, plant: StorePlant): Promise<Verdict> {
  const begun = performance.now();
  const { passed, failed } = await withPlanted(root, plant, (folder) => run(folder, plant));
  // A syntax error is found by everybody.
  if (passed.length === 0)
    throw new PlantMisplaced(`"${plant.name}" leaves nothing that works: plant it better`);
  return verdictOn(plant, failed[0], begun);
}

/** What keeps these tests from telling a bug: they fail without one, or there are none. */
export async function whyBlind(root: string, tried: Tried): Promise<string | undefined> {
  const { passed, failed } = await run(root, tried);
  if (failed.length > 0) return `fails without any bug: ${failed.join(', ')}`;
  return passed.length === 0
    ? `no test in ${tried.tests.join(', ')} is named ${tried.named ?? ''}`
    : undefined;
}

async function run(folder: string, { tests, named }: Tried): Promise<Ran> {
  const place = mkdtempSync(join(tmpdir(), 'faultline-sabotage-report-'));
  const report = join(place, 'report.json');
  // A slow machine is no discovery: only what a test asserts counts.
  const flags = ['run', '--testTimeout=300000', '--reporter=json', `--outputFile=${report}`];
  try {
    const said = await runVitest(folder, [...flags, ...(named === undefined ? [] : ['-t', named]), ...tests]);
    if (!existsSync(report)) throw new PlantMisplaced(`the tests do not run: ${said}`);
    return ranIn(readFileSync(report, 'utf8'));
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

function ranIn(text: string): Ran {
  const results = (JSON.parse(text) as Report).testResults.flatMap((file) => file.assertionResults);
  const named = (status: string) => results.filter((one) => one.status === status);
  return {
    passed: named('passed').map(({ fullName }) => fullName),
    failed: named('failed')
      .filter(
        ({ failureMessages = [] }) => !failureMessages.some((message) => message.includes('timed out in')),
      )
      .map(({ fullName }) => fullName),
  };
}
