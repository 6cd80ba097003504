import type { MemoryStore } from '../../adapters/memory/journal/store.js';
import type { Command } from '../../domain/command.js';
import type { PauseId } from '../../domain/identifiers.js';
import { holdsBack, isInForce } from '../../domain/pause.js';
import { requestOf } from '../../domain/permit-request.js';
import type { Invariant } from './invariant.js';

/**
 * DESIGN section 5, 7. Where a pause of the guard is in force, nobody begins with what needs leave. What was begun before
 * goes on.
 */
export function whatIsPausedIsNotBegun({ pauses, fleet }: MemoryStore): Invariant {
  /** Those that were in force at an earlier happening already. */
  const seen = new Set<PauseId>();
  const holding = (command: Command, at: number): PauseId | undefined => {
    const request = requestOf(command);
    const place = fleet.members.find(({ node }) => node === command.node);
    if (request === undefined || place === undefined) return undefined;
    return pauses.find(
      ({ pause, ended }) =>
        seen.has(pause.id) && ended === undefined && isInForce(pause, at) && holdsBack(pause, request, place),
    )?.pause.id;
  };
  const look = (): void => {
    for (const { pause, ended } of pauses) if (ended === undefined) seen.add(pause.id);
  };
  return {
    name: 'what is paused is not begun',
    after: (happening, at) => {
      const pause =
        happening.kind === 'claimed' && happening.attempt === 1 ? holding(happening.command, at) : undefined;
      look();
      return pause === undefined || happening.kind !== 'claimed'
        ? undefined
        : `${happening.command.type} ${happening.command.id} was begun while ${pause} was in force`;
    },
  };
}
