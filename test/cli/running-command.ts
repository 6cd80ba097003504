import { spawn } from 'node:child_process';
import { expect } from 'vitest';

import { packageRoot } from '../../schemas/package-root.js';
import { shippedCommand } from './run-command.js';

export interface RunningCommand {
  readonly url: string;
  /** Everything on stderr so far. */
  told(): string;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
  /** Status and problems of `/readyz`. */
  readiness(): Promise<{ readonly status: number; readonly problems: readonly string[] }>;
  post(path: string, body: object): Promise<number>;
  stop(): Promise<void>;
}

/** `faultline run` as a process of its own; resolves as soon as it listens. `buildFaultline` first. */
export async function startRun(configuration: string): Promise<RunningCommand> {
  const child = spawn(process.execPath, shippedCommand(['run', '--config', configuration]), {
    cwd: packageRoot(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let told = '';
  child.stderr.on('data', (chunk: Buffer) => void (told += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await ended;
    clearTimeout(kill);
  };
  const addressOf = (): string => /faultline listens on (\S+)/.exec(told)?.[1] ?? '';
  try {
    await expect.poll(addressOf, { timeout: 60_000, interval: 100 }).not.toBe('');
  } catch (error) {
    await stop();
    throw new Error(`it does not listen: ${told}`, { cause: error });
  }
  const url = addressOf();
  return {
    url,
    told: () => told,
    ended,
    readiness: async () => {
      const answer = await fetch(`${url}/readyz`);
      const { problems = [] } = (await answer.json()) as { problems?: readonly string[] };
      return { status: answer.status, problems };
    },
    post: async (path, body) => {
      const answer = await fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return answer.status;
    },
    stop,
  };
}
