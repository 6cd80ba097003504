import type { ChangeClient } from './change-client.js';
import { asCommandFailed, type CommandFailed } from './errors.js';
import { mayPass } from './patience.js';
import { pause } from './pause.js';

export interface HeldLeave {
  readonly id: string;
  readonly leaseMs: number;
  /** So long before the lease is over it counts as lost when no heartbeat has come through, so that there is time to stop. */
  readonly graceMs: number;
  /** `performance.now()` before the request that last began the lease. */
  readonly since: number;
}

/**
 * Gives heartbeats until `done` aborts. Resolves then with undefined; or with why leave is lost. Time is counted here, from
 * before each request, and by no clock of the server.
 */
export async function keepAlive(
  changes: ChangeClient,
  { id, leaseMs, graceMs, since }: HeldLeave,
  done: AbortSignal,
): Promise<string | undefined> {
  const regularlyMs = leaseMs / 4;
  const afterFailureMs = Math.min(1_000, leaseMs / 10);
  let sureUntil = since + leaseMs - graceMs;
  const isDone = (): boolean => done.aborted;
  let failure: CommandFailed | undefined;
  for (;;) {
    await pause(failure === undefined ? regularlyMs : afterFailureMs, done);
    if (isDone()) return undefined;
    const sentAt = performance.now();
    const answer = changes.keep(id).then(() => undefined, asCommandFailed);
    // A request may hang for longer than the lease lasts.
    const late = pause(Math.max(0, sureUntil - sentAt), done).then(() => 'late' as const);
    const kept = await Promise.race([answer, late]);
    if (isDone()) return undefined;
    if (kept === 'late')
      return `no heartbeat came through in time${failure === undefined ? '' : `: ${failure.message}`}`;
    failure = kept;
    if (failure === undefined) sureUntil = sentAt + leaseMs - graceMs;
    else if (!mayPass(failure)) return failure.message;
  }
}
