import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Find } from './own-find.js';
import type { Plant } from './plants.js';

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
  /** Seeds that fail in the same way without the bug: they found nothing. */
  readonly void?: readonly Find[];
}

interface Tried {
  /** Undefined: nothing showed it. */
  readonly by: string | undefined;
  /** When, by `performance.now()`. */
  readonly begun: number;
  readonly void?: readonly Find[];
}

export function verdictOn({ name }: Plant, { by, begun, void: failAnyway = [] }: Tried): Verdict {
  const seconds = Math.round((performance.now() - begun) / 100) / 10;
  const told = failAnyway.length === 0 ? {} : { void: failAnyway };
  return { plant: name, found: by !== undefined, by: by ?? 'nothing', seconds, ...told };
}
