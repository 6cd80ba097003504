import { CommandFailed } from './errors.js';
import type { Terminal } from './terminal.js';

export interface TimeLimit {
  /** Undefined: none. */
  readonly timeoutMs: number | undefined;
  /** What is said when time is up. */
  readonly timeUp: (span: string) => string;
}

/**
 * Work that goes on until it stops itself, is interrupted or out of time. The terminal that it gets is interrupted by each of
 * these, and with it whatever the work waits for.
 * @throws CommandFailed TimedOut, and what the work throws
 */
export async function withinTime<Result>(
  terminal: Terminal,
  { timeoutMs, timeUp }: TimeLimit,
  work: (limited: Terminal, stop: () => void) => Promise<Result>,
): Promise<Result> {
  const stopped = new AbortController();
  const time = timeoutMs === undefined ? [] : [AbortSignal.timeout(timeoutMs)];
  const cut = AbortSignal.any([terminal.interrupted, ...time]);
  const limited = { ...terminal, interrupted: AbortSignal.any([cut, stopped.signal]) };
  const failure = (): CommandFailed | undefined => {
    if (stopped.signal.aborted || !cut.aborted) return undefined;
    // Ctrl-C only stops watching; the exit code still says that it was not the end.
    if (terminal.interrupted.aborted) return new CommandFailed('TimedOut', 'interrupted');
    return new CommandFailed('TimedOut', timeUp(`${(timeoutMs ?? 0) / 1000} s`));
  };
  const result = await work(limited, () => {
    // What is cut short stops everything on its way out.
    if (!cut.aborted) stopped.abort();
  }).catch((error: unknown) => {
    throw failure() ?? error;
  });
  const cutShort = failure();
  if (cutShort !== undefined) throw cutShort;
  return result;
}
