import type { ChangeDescription } from '../services/console/forms/changes.js';
import type { ChangeClient } from './change-client.js';
import { startChild, type ChildCommand } from './child-command.js';
import { asCommandFailed, CommandFailed } from './errors.js';
import { keepAlive, type HeldLeave } from './keep-alive.js';
import { mayPass } from './patience.js';
import { pause } from './pause.js';
import type { Terminal } from './terminal.js';

const longestGraceMs = 10_000;
/** How often it is said that a command is done, and how long after the last time, before that is given up. */
const endTries = 5;
const endAgainAfterMs = 1_000;

interface Run {
  readonly change: ChangeDescription;
  readonly leaseMs: number;
  readonly command: readonly [string, ...string[]];
}

/** Whoever pressed Ctrl-C has told the command too: a terminal sends that to all that run on it. */
function passOn(child: ChildCommand, interrupted: AbortSignal): () => void {
  const pass = (): void => {
    const signal = interrupted.reason === 'SIGINT' ? 'SIGINT' : 'SIGTERM';
    if (signal === 'SIGTERM' || !process.stdin.isTTY) child.signal(signal);
  };
  if (interrupted.aborted) pass();
  interrupted.addEventListener('abort', pass, { once: true });
  return () => {
    interrupted.removeEventListener('abort', pass);
  };
}

/**
 * Runs a command for as long as its change has leave, with heartbeats, and ends the change by how the command ended. A
 * signal to us goes to the command, and the change ends with it.
 * @param changes whose requests go on when we are interrupted
 * @returns the exit code of the command
 * @throws CommandFailed LeaveLost; the command was stopped then
 */
export async function runWithLeave(terminal: Terminal, changes: ChangeClient, run: Run): Promise<number> {
  const { id } = run.change;
  const since = performance.now();
  // Who asks again with a key of its own may have had leave for a while.
  const { token } = await changes.keep(id);
  const environment = {
    ...terminal.environment,
    FAULTLINE_CHANGE_ID: id,
    FAULTLINE_CHANGE_TOKEN: String(token),
  };
  const child = startChild(run.command, environment, (message) => {
    terminal.err(`${message}\n`);
  });
  const letGo = passOn(child, terminal.interrupted);
  const graceMs = Math.min(longestGraceMs, run.leaseMs / 4);
  const { exitCode, lost } = await untilEnd(child, changes, { id, leaseMs: run.leaseMs, graceMs, since });
  letGo();
  if (lost !== undefined) throw leaveLost(id, lost);
  await tellEnd(terminal, changes, id, exitCode);
  return exitCode;
}

function leaveLost(id: string, why: string): CommandFailed {
  return new CommandFailed('LeaveLost', `${id} has no leave any more: ${why}`);
}

async function untilEnd(
  child: ChildCommand,
  changes: ChangeClient,
  held: HeldLeave,
): Promise<{ readonly exitCode: number; readonly lost: string | undefined }> {
  const done = new AbortController();
  const watch = keepAlive(changes, held, done.signal).then((lost) => {
    if (lost !== undefined) child.stop(held.graceMs);
    return lost;
  });
  const exitCode = await child.ended;
  done.abort();
  return { exitCode, lost: await watch };
}

/** @throws CommandFailed LeaveLost: the command went on without leave up to its end */
async function tellEnd(
  terminal: Terminal,
  changes: ChangeClient,
  id: string,
  exitCode: number,
): Promise<void> {
  const how = {
    outcome: exitCode === 0 ? 'succeeded' : 'failed',
    ...(exitCode === 0 ? {} : { message: `exit code ${exitCode}` }),
  } as const;
  for (let tries = 1; ; tries += 1) {
    const failure = await changes.end(id, how).then(() => undefined, asCommandFailed);
    if (failure === undefined) return;
    if (!mayPass(failure)) throw leaveLost(id, failure.message);
    if (tries === endTries) {
      terminal.err(`${failure.message}; say yourself: faultline guard done ${id} --outcome ${how.outcome}\n`);
      return;
    }
    await pause(endAgainAfterMs, new AbortController().signal);
  }
}
