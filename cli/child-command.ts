import { spawn } from 'node:child_process';
import { constants } from 'node:os';

import { notBegunExitCode } from './exit-codes.js';

/** A command that runs on our stdin, stdout and stderr. */
export interface ChildCommand {
  /** Its exit code as shells have it: 128 and the number of the signal that ended it, 127 if it could not be run. Never rejects. */
  readonly ended: Promise<number>;
  /** Nothing, when it is over. */
  signal(signal: NodeJS.Signals): void;
  /** Asks it to end, and kills it when it has not after so long. */
  stop(graceMs: number): void;
}

/** @param onTrouble told when it can't be run */
export function startChild(
  [program, ...words]: readonly [string, ...string[]],
  environment: Readonly<Record<string, string | undefined>>,
  onTrouble: (message: string) => void,
): ChildCommand {
  const child = spawn(program, words, { env: environment, stdio: 'inherit' });
  let killing: NodeJS.Timeout | undefined;
  const ended = new Promise<number>((resolve) => {
    child.once('error', (error) => {
      onTrouble(`${program} can't be run: ${error.message}`);
      resolve(notBegunExitCode);
    });
    child.once('exit', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  }).finally(() => {
    clearTimeout(killing);
  });
  return {
    ended,
    signal: (signal) => {
      child.kill(signal);
    },
    stop: (graceMs) => {
      child.kill('SIGTERM');
      killing = setTimeout(() => child.kill('SIGKILL'), graceMs);
    },
  };
}
