import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { progress } from './progress.js';

/** Last lines of a log, for an error message. */
export async function tailOf(file: string, lines = 20): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '(no log)');
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

/**
 * Runs one step of a build to its end, output into `log`.
 *
 * @throws with the end of the log when it ends with anything but 0
 */
export async function buildCommand(
  program: string,
  args: readonly string[],
  options: { log: string; folder: string; environment?: Readonly<Record<string, string>> },
): Promise<void> {
  const log = openSync(options.log, 'a');
  const started = Date.now();
  const ticker = setInterval(() => {
    progress(`still at "${program} ${args[0] ?? ''}" after ${((Date.now() - started) / 1000).toFixed(0)} s`);
  }, 10_000);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      const child = spawn(program, args, {
        cwd: options.folder,
        env: { ...process.env, ...options.environment },
        stdio: ['ignore', log, log],
      });
      child.on('error', reject);
      child.on('close', resolve);
    });
    if (code !== 0) {
      throw new Error(
        `"${program} ${args.join(' ')}" ended with ${code ?? 'a signal'}. End of ${options.log}:\n${await tailOf(options.log)}`,
      );
    }
  } finally {
    clearInterval(ticker);
    closeSync(log);
  }
}
