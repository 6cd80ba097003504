import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plant } from './plants.js';
import { runVitest } from './run-vitest.js';

/** What a simulation, or a test of a contract, needs of the tree. */
const copied = [
  'chaos',
  'cli',
  'data',
  'deploy',
  'packages',
  'stack',
  'adapters',
  'domain',
  'schemas',
  'services',
  'simulation',
  'workflows',
  'world',
  'test',
  'tools',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
];

/** The place that a plant speaks of is gone or not the only one: mend the plant. */
export class PlantMisplaced extends Error {
  override readonly name = 'PlantMisplaced';
}

/** The file with the bug in it. */
export function planted(plant: Plant, text: string): string {
  return [plant, ...(plant.also ?? [])].reduce(
    (changed, { find, replace }) => replaced({ ...plant, find, replace }, changed),
    text,
  );
}

function replaced({ name, find, replace, file }: Plant, text: string): string {
  const [before, after, ...more] = text.split(find);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new PlantMisplaced(`"${name}" does not stand exactly once in ${file}: ${find}`);
  }
  return before + replace + after;
}

/** What a copy of the tree with the bug in it comes to. */
export async function withPlanted<Result>(
  root: string,
  plant: Plant,
  tried: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-sabotage-'));
  try {
    for (const name of copied) cpSync(join(root, name), join(folder, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const file = join(folder, plant.file);
    writeFileSync(file, planted(plant, readFileSync(file, 'utf8')));
    return await tried(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface Verdict {
  readonly plant: string;
  readonly found: boolean;
  /** What no longer held; or why nothing was found. */
  readonly by: string;
  readonly seconds: number;
}

/** Simulates a copy of the tree with the bug in it until something no longer holds or the budget is used up. */
export async function seek(
  root: string,
  plant: Plant,
  budget: { readonly seconds: number },
): Promise<Verdict> {
  const begun = performance.now();
  const violated = await withPlanted(
    root,
    plant,
    async (folder) => (await simulate(folder, budget.seconds)) ?? (await tellStories(folder)),
  );
  return verdictOn(plant, violated, begun);
}

/** @param begun when, by `performance.now()` */
export function verdictOn({ name }: Plant, violated: string | undefined, begun: number): Verdict {
  const seconds = Math.round((performance.now() - begun) / 100) / 10;
  return { plant: name, found: violated !== undefined, by: violated ?? 'nothing', seconds };
}

/** The standing stories, where chance has shown nothing. Undefined: they are all as they were. */
async function tellStories(folder: string): Promise<string | undefined> {
  // A slow machine is no discovery: only what a story asserts counts.
  const stories = ['test/simulation/lessons.test.ts', 'test/simulation/by-the-world.test.ts'];
  const flags = ['run', '--testTimeout=300000', ...stories];
  const said = await runVitest(folder, flags);
  // One that did not even begin has found nothing, and nobody saw that for a while.
  if (!said.includes('Test Files')) throw new PlantMisplaced(`the stories do not run: ${said}`);
  return said.includes('AssertionError') ? 'a standing story' : undefined;
}

/** What the simulator says against this tree; undefined: nothing within the budget. */
function simulate(folder: string, seconds: number): Promise<string | undefined> {
  const flags = [
    '--schedules',
    '100000',
    '--seconds',
    String(seconds),
    '--failures',
    '1',
    '--shrink',
    '0',
    '-o',
    'json',
  ];
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
    child.on('exit', () => {
      if (output === '') reject(new PlantMisplaced(`the tree with the bug in it does not run: ${folder}`));
      else resolve(/"invariant":"([^"]*)"/.exec(output)?.[1]);
    });
  });
}
