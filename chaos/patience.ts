import { setTimeout as pause } from 'node:timers/promises';

export interface Patience {
  readonly patienceMs: number;
  /** Between two looks. */
  readonly everyMs: number;
}

/** Looks until it says yes. False: it did not within the patience. */
export async function cameTrue(
  look: () => Promise<boolean>,
  { patienceMs, everyMs }: Patience,
): Promise<boolean> {
  const deadline = Date.now() + patienceMs;
  while (Date.now() < deadline) {
    if (await look()) return true;
    await pause(everyMs);
  }
  return false;
}

/** Tries until it works. @throws what the last try failed with, when the patience has ended */
export async function untilItWorks<Result>(
  work: () => Promise<Result>,
  { patienceMs, everyMs }: Patience,
): Promise<Result> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await work();
    } catch (problem) {
      if (Date.now() > deadline) throw problem;
    }
    await pause(everyMs);
  }
}
