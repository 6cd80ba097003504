import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PlantMisplaced } from './plant.js';
import { runVitest } from './run-vitest.js';

/** Tests by file, or those in them that have these words in their name. */
export interface Tried {
  readonly tests: readonly string[];
  readonly named?: string;
}

export interface Ran {
  readonly passed: readonly string[];
  readonly failed: readonly Failed[];
}

interface Failed {
  readonly name: string;
  readonly messages: readonly string[];
}

/** Runs tests in a copy of the tree. Throws PlantMisplaced where they do not even begin: then they have found nothing. */
export async function runTests(folder: string, { tests, named }: Tried): Promise<Ran> {
  const place = mkdtempSync(join(tmpdir(), 'faultline-sabotage-report-'));
  const report = join(place, 'report.json');
  // A slow machine is no discovery.
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
  return {
    passed: results.filter(({ status }) => status === 'passed').map(({ fullName }) => fullName),
    failed: results
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages = [] }) => ({ name: fullName, messages: failureMessages })),
  };
}
