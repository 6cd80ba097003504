import { ownFind, type Sought } from './own-find.js';
import { verdictOn, withPlanted, type Verdict } from './plant.js';
import { firstFailure } from './played-seeds.js';
import type { Plant } from './plants.js';
import { storyThatShows } from './stories.js';

const withoutEnd = 100_000;

/**
 * Simulates a copy of the tree with the bug in it until something no longer holds that holds without it: the story that was
 * written for it, else seeds until the budget is used up, else every story.
 */
export function seekInSimulation(
  root: string,
  plant: Plant,
  { seconds }: { readonly seconds: number },
): Promise<Verdict> {
  const begun = performance.now();
  return withPlanted(root, plant, async (folder) => {
    const trees = { folder, root };
    const own = plant.story === undefined ? undefined : await storyThatShows(trees, plant.story);
    if (own !== undefined) return verdictOn(plant, { by: toldBy(own), begun });
    const { find, ...sought } = await seekBySeeds(trees, seconds);
    if (find !== undefined)
      return verdictOn(plant, { by: `seed ${find.seed}: ${find.invariant}`, begun, ...sought });
    const story = await storyThatShows(trees);
    return verdictOn(plant, { by: story === undefined ? undefined : toldBy(story), begun, ...sought });
  });
}

function toldBy(story: string): string {
  return `the story: ${story}`;
}

function seekBySeeds(
  { folder, root }: { readonly folder: string; readonly root: string },
  seconds: number,
): Promise<Sought> {
  const until = performance.now() + seconds * 1000;
  return ownFind({
    left: () => (until - performance.now()) / 1000,
    planted: (firstSeed, left) => firstFailure(folder, { firstSeed, schedules: withoutEnd, seconds: left }),
    unplanted: async (seed) => (await firstFailure(root, { firstSeed: seed, schedules: 1 }))?.invariant,
  });
}
