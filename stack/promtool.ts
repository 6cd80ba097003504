import { join } from 'node:path';
import { provide } from './cache.js';
import { onPath, promtoolRecipe } from './component-recipes.js';

/**
 * Path of promtool, which knows what Prometheus takes: the one on the PATH, else one unpacked into the cache.
 *
 * @throws naming how to get it, where there is no apt
 */
export async function providePromtool(): Promise<string> {
  return onPath('promtool') ?? join(await provide(promtoolRecipe), 'bin', 'promtool');
}
