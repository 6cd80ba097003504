import { PlantMisplaced } from './plant.js';
import { runTests } from './run-tests.js';

/** The standing stories. */
export const storyFiles = [
  'test/simulation/lessons.test.ts',
  'test/simulation/by-the-world.test.ts',
] as const;

/** The first story that comes out otherwise with the bug, and as it should without it. @param named only those with this in their name */
export async function storyThatShows(
  { folder, root }: { readonly folder: string; readonly root: string },
  named?: string,
): Promise<string | undefined> {
  const failed = await failedStories(folder, named);
  if (failed.length === 0) return undefined;
  const failAnyway = new Set(await failedStories(root, named));
  return failed.find((name) => !failAnyway.has(name));
}

async function failedStories(folder: string, named: string | undefined): Promise<readonly string[]> {
  const tried = { tests: storyFiles, ...(named === undefined ? {} : { named: literally(named) }) };
  const { passed, failed } = await runTests(folder, tried);
  // Stories that did not even begin have found nothing, and nobody saw that for a while.
  if (passed.length + failed.length === 0) throw new PlantMisplaced(`no story was told in ${folder}`);
  return failed
    .filter(({ messages }) => messages.some((message) => message.includes('AssertionError')))
    .map(({ name }) => name);
}

function literally(words: string): string {
  return words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
