import type { MemoryStore } from '../../adapters/memory/journal/store.js';
import type { Command } from '../../domain/command.js';
import type { PauseId } from '../../domain/identifiers.js';
import { holdsBack, isInForce } from '../../domain/pause.js';
import { requestOf } from '../../domain/permit-request.js';
import type { Invariant } from './invariant.js';

/**
 * DESIGN section 5, 7. Where a pause of the guard is in force, nobody begins with what needs leave, nor while a business metric is not good.
 * What was begun before goes on.
 */
export function whatIsPausedIsNotBegun({ pauses, verdicts, fleet }: MemoryStore): Invariant {
  /** Those that were in force at an earlier happening already. */
  const seen = new Set<PauseId>();
  const holding = (command: Command, at: number): PauseId | undefined => {
    const request = requestOf(command);
    const place = fleet.member(command.node);
    if (request === undefined || place === undefined) return undefined;
    return pauses.find(
      ({ pause, ended }) =>
        seen.has(pause.id) && ended === undefined && isInForce(pause, at) && holdsBack(pause, request, place),
    )?.pause.id;
  };
  /** Metrics that were not good at an earlier happening already. */
  let bad = new Set<string>();
  const heldBy = (command: Command): string | undefined =>
    requestOf(command) === undefined ? undefined : verdicts.notGood(pauses).find((metric) => bad.has(metric));
  const look = (): void => {
    for (const { pause, ended } of pauses) if (ended === undefined) seen.add(pause.id);
    bad = new Set(verdicts.notGood(pauses));
  };
  return {
    name: 'what is paused is not begun',
    after: (happening, at) => {
      const begun = happening.kind === 'claimed' && happening.attempt === 1 ? happening.command : undefined;
      const pause = begun === undefined ? undefined : (holding(begun, at) ?? heldBy(begun));
      look();
      return begun === undefined || pause === undefined
        ? undefined
        : `${begun.type} ${begun.id} was begun while ${pause} was in force`;
    },
  };
}
