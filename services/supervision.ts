import type { Clock, Randomness } from '../adapters/ports/clock.js';
import type { Log } from '../adapters/ports/log.js';
import { backOffMs, dependencyBounds } from './back-off.js';
import type { Workload } from './workload.js';

export interface Supervision {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Counts the loop while it is not just waiting. */
  readonly workload: Workload;
}

/**
 * Runs `turn` again and again until the signal aborts. Trouble (a dependency that is away) is logged, waited out with
 * back-off and tried again: nothing is given up, because everything that matters is kept in journal and log.
 * @param turn one that goes on for long tells when it gets along, or its next trouble counts as one more of the last
 */
export async function superviseLoop(
  name: string,
  supervision: Supervision,
  turn: (getsAlong: () => void) => Promise<void>,
): Promise<void> {
  const { signal, workload } = supervision;
  workload.begin();
  let troubles = 0;
  const getsAlong = (): void => {
    troubles = 0;
  };
  while (!signal.aborted) {
    try {
      await turn(getsAlong);
      getsAlong();
    } catch (error) {
      if (isAborted(signal)) break;
      troubles += 1;
      await waitOut(name, supervision, { error, troubles });
    }
  }
  workload.end();
}

async function waitOut(
  name: string,
  supervision: Supervision,
  { error, troubles }: { readonly error: unknown; readonly troubles: number },
): Promise<void> {
  const waitMs = backOffMs(troubles, supervision.randomness, dependencyBounds);
  supervision.log.warn(
    { loop: name, error: String(error), troubles, waitMs },
    `${name} is in trouble and waits before it goes on`,
  );
  await pause(supervision, waitMs, 'trouble');
}

/** Lets some time pass, or less when the end comes. */
export function pause(
  { clock, signal, workload }: Supervision,
  milliseconds: number,
  after?: 'trouble',
): Promise<void> {
  return workload.whileIdle(() => clock.waitUntil(clock.now() + milliseconds, signal, after));
}

/** Asked anew after each wait; a signal may abort at any time. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

type Wait = (signal: AbortSignal) => Promise<void>;

/** Waits, idle, for whichever comes first: a wake-up, an instant, or the end. The losers are let go. */
export function awaitFirst(waits: readonly Wait[], { signal, workload }: Supervision): Promise<void> {
  return workload.whileIdle(() => firstOf(waits, signal));
}

/** Resolves with the first of these waits, at the latest at abort. The losers are let go. */
export async function firstOf(waits: readonly Wait[], signal: AbortSignal): Promise<void> {
  const [only, ...others] = waits;
  // Without losers there is nobody to let go.
  if (only !== undefined && others.length === 0) {
    await only(signal);
    return;
  }
  const over = new AbortController();
  // A reason of its own: none at all costs an exception with its stack, at each turn of each loop.
  const end = (): void => {
    over.abort('over');
  };
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
  try {
    await Promise.race(waits.map((wait) => wait(over.signal)));
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}
