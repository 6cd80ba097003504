import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The installation is not whole: files that ship with the package are missing. */
export class PackageIncomplete extends Error {
  override readonly name = 'PackageIncomplete';
}

function isPackageRoot(folder: string): boolean {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return (
      typeof manifest === 'object' && manifest !== null && 'name' in manifest && manifest.name === 'faultline'
    );
  } catch {
    return false;
  }
}

/**
 * The folder of Faultline's package.json, upward from `start`. The build emits only JavaScript, so that what is not
 * code (schemas) is found from here whether the sources or `dist/` run.
 */
export function packageRoot(start: string = import.meta.dirname): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (isPackageRoot(folder)) return folder;
    if (dirname(folder) === folder) {
      throw new PackageIncomplete(`no package.json of faultline above ${start}: install the whole package`);
    }
  }
}
