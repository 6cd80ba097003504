import { spawn } from 'node:child_process';

/** Runs tests in a copy of the tree. Resolves with all that was said, however they ended. */
export function runVitest(cwd: string, words: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', ...words], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const hear = (bytes: Buffer): void => {
    said += bytes.toString();
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', () => {
      resolve(said);
    });
  });
}
