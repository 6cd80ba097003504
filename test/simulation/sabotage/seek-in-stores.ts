import { PlantMisplaced, verdictOn, withPlanted, type Verdict } from './plant.js';
import { runTests, type Ran, type Tried } from './run-tests.js';
import type { StorePlant } from './store-plants.js';

/** Runs the plant's tests on the real PostgreSQL or Kafka, in a copy of the tree with the bug in it. */
export async function seekInStores(root: string, plant: StorePlant): Promise<Verdict> {
  const begun = performance.now();
  const ran = await withPlanted(root, plant, (folder) => runTests(folder, plant));
  // A syntax error is found by everybody.
  if (ran.passed.length === 0)
    throw new PlantMisplaced(`"${plant.name}" leaves nothing that works: plant it better`);
  return verdictOn(plant, { by: discoveriesIn(ran)[0], begun });
}

/** What keeps these tests from telling a bug: they fail without one, or there are none. */
export async function whyBlind(root: string, tried: Tried): Promise<string | undefined> {
  const ran = await runTests(root, tried);
  const failed = discoveriesIn(ran);
  if (failed.length > 0) return `fails without any bug: ${failed.join(', ')}`;
  return ran.passed.length === 0
    ? `no test in ${tried.tests.join(', ')} is named ${tried.named ?? ''}`
    : undefined;
}

/** A slow machine is no discovery: only what a test asserts counts. */
function discoveriesIn({ failed }: Ran): readonly string[] {
  return failed
    .filter(({ messages }) => !messages.some((message) => message.includes('timed out in')))
    .map(({ name }) => name);
}
