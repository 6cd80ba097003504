import type { Randomness } from '../ports/clock.js';

/** A new installation's id: random, and short enough for a taint's value together with a process id. */
export function installationIdOf(randomness: Randomness): string {
  return randomness.uuid().replaceAll('-', '').slice(0, 12);
}
