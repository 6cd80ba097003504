import type { ChangeDescription } from '../services/console/forms/changes.js';
import type { ChangeClient } from './change-client.js';
import { asCommandFailed, CommandFailed } from './errors.js';
import { printable } from './output/table.js';
import { mayPass } from './patience.js';
import { pause } from './pause.js';
import type { Terminal } from './terminal.js';

/** A request is answered within this time, well before it would be given up. */
const longestPollMs = 20_000;
/** Before the server is asked again when it did not answer. */
const retryAfterMs = 1_000;

function waitText({ id, waiting }: ChangeDescription): string {
  const place = waiting?.place === undefined ? '' : `, place ${waiting.place} in line`;
  return `${id} waits for leave: ${waiting?.reason ?? 'it has not been asked for yet'}${place}`;
}

/**
 * Waits until a change has leave, and tells on stderr what for. A server that is away meanwhile is asked again.
 * @throws CommandFailed TimedOut, Refused when the change is over, and what else the server refuses
 */
export async function awaitChange(
  terminal: Terminal,
  changes: ChangeClient,
  asked: ChangeDescription,
  timeoutMs: number,
): Promise<ChangeDescription> {
  const giveUpAt = performance.now() + timeoutMs;
  let told = '';
  const tell = (text: string): void => {
    if (text !== told) terminal.err(`${printable(text)}\n`);
    told = text;
  };
  let change = asked;
  while (change.status === 'waiting') {
    tell(waitText(change));
    const left = giveUpAt - performance.now();
    if (left <= 0)
      throw new CommandFailed(
        'TimedOut',
        `${waitText(change)}: too long`,
        'ask again later, or with a longer --wait',
      );
    try {
      change = await changes.keep(change.id, Math.min(left, longestPollMs));
    } catch (error) {
      const failure = asCommandFailed(error);
      if (terminal.interrupted.aborted || !mayPass(failure)) throw failure;
      tell(failure.message);
      await pause(Math.min(retryAfterMs, left), terminal.interrupted);
    }
  }
  if (change.status === 'granted') return change;
  throw new CommandFailed('Refused', `${change.id} is ${change.status}`, 'ask with another key');
}
