import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { provide, type Recipe } from './cache.js';
import type { Supervised } from './supervised.js';

/** A start costs more than all that comes after it. */
export const quickJava = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

const archive = 'classes.jsa';
/** A busy machine takes a while to write it. */
const patienceMs = 120_000;

/**
 * The classes of a Java program as one start of it found them, kept for the next ones: loading and checking them is half of what a start
 * costs. `start` starts the program with these options of Java, and resolves when it is ready.
 */
export function sharedClassesRecipe(
  program: Recipe,
  start: (javaOptions: readonly string[], folder: string) => Promise<Supervised>,
): Recipe {
  return {
    ...program,
    name: `${program.name}-classes`,
    salt: `${program.salt} classes 1`,
    needs: ['java'],
    async build({ output, scratch }) {
      const running = await start([`-XX:ArchiveClassesAtExit=${join(output, archive)}`], scratch);
      await running.stop(patienceMs);
    },
  };
}

/** Options of Java for a start with these classes. A Java that wrote none, or is another one by now, starts without. */
export async function withSharedClasses(recipe: Recipe): Promise<readonly string[]> {
  const file = join(await provide(recipe), archive);
  return existsSync(file) ? [`-XX:SharedArchiveFile=${file}`] : [];
}
