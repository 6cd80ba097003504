import { spawn } from 'node:child_process';
import type { Find } from './own-find.js';
import { PlantMisplaced } from './plant.js';

/** What `npm run simulate -o json` says, as far as it is read here. */
interface Played {
  readonly failures: readonly Find[];
}

/**
 * Plays seeds in a copy of the tree until one breaks a promise. Undefined: none did. Throws where the tree does not run.
 * The schedule of a seed is drawn by the seed alone, so it is the same one in every tree.
 */
export async function firstFailure(
  folder: string,
  { firstSeed, schedules, seconds }: { firstSeed: number; schedules: number; seconds?: number },
): Promise<Find | undefined> {
  const flags = [
    ...['--seed', String(firstSeed), '--schedules', String(schedules)],
    ...(seconds === undefined ? [] : ['--seconds', String(Math.max(1, Math.ceil(seconds)))]),
    ...['--failures', '1', '--shrink', '0', '-o', 'json'],
  ];
  const said = await simulate(folder, flags);
  if (said === '') throw new PlantMisplaced(`the simulator does not run in ${folder}`);
  const [failure] = (JSON.parse(said) as Played).failures;
  return failure === undefined ? undefined : { seed: failure.seed, invariant: failure.invariant };
}

function simulate(folder: string, flags: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/simulation/main.ts', ...flags], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.on('data', (bytes: Buffer) => {
    output += bytes.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      resolve(output.trim());
    });
  });
}
