import { join } from 'node:path';
import { buildCommand } from './build-command.js';

/**
 * Makes a virtual environment in `folder` and installs packages into it.
 * @param packages arguments of `pip install`, as seen from `workingFolder`
 */
export async function makePythonEnvironment(
  folder: string,
  packages: readonly string[],
  { log, workingFolder }: { readonly log: string; readonly workingFolder: string },
): Promise<void> {
  const options = { log, folder: workingFolder };
  await buildCommand('python3', ['-m', 'venv', folder], options);
  const pip = ['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check'];
  await buildCommand(join(folder, 'bin', 'python'), [...pip, ...packages], options);
}
