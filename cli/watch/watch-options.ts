import { CommandFailed } from '../errors.js';
import type { Condition } from './condition.js';

export interface WatchOptions {
  readonly watch?: boolean;
  readonly until?: string;
  readonly timeout?: number;
}

/** @throws CommandFailed Usage */
export function refuseWithoutWatch({ watch, until, timeout }: WatchOptions): void {
  const given = until === undefined ? (timeout === undefined ? undefined : '--timeout') : '--until';
  if (watch !== true && given !== undefined)
    throw new CommandFailed('Usage', `${given} is for what is watched`, 'add --watch');
}

/** What is said when time is up. */
export function timeUpOf(until: Pick<Condition<never>, 'text'> | undefined): (span: string) => string {
  return (span) =>
    until === undefined ? `watched for ${span}` : `${until.text} was not reached within ${span}`;
}
