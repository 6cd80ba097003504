import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { provide } from './cache.js';
import { kcatRecipe, onPath } from './component-recipes.js';

/** Folder `usr/lib/<architecture>` of unpacked Debian packages. */
function libraryFolder(component: string): string {
  const libraries = join(component, 'usr', 'lib');
  const found = readdirSync(libraries).find((name) => name.includes('-linux-'));
  return found === undefined ? libraries : join(libraries, found);
}

/**
 * Path of a program that is kcat: the one on the PATH, else one unpacked into the cache.
 *
 * @throws naming how to get it, where there is no apt
 */
export async function provideKcat(): Promise<string> {
  const installed = onPath('kcat');
  if (installed !== undefined) return installed;
  const component = await provide(kcatRecipe);
  const script = join(component, 'bin', 'kcat');
  if (!existsSync(script)) {
    await mkdir(dirname(script), { recursive: true });
    const program = join(component, 'usr', 'bin', 'kcat');
    await writeFile(
      script,
      `#!/bin/sh\nLD_LIBRARY_PATH="${libraryFolder(component)}" exec "${program}" "$@"\n`,
    );
    await chmod(script, 0o755);
  }
  return script;
}
