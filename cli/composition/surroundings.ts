import type { Clock, Randomness } from '../../adapters/ports/clock.js';
import type { Log } from '../../adapters/ports/log.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Surroundings {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  /** The log of one service. */
  readonly logOf: (service: string) => Log;
  readonly environment: Environment;
  /** Of Faultline. */
  readonly version: string;
}
