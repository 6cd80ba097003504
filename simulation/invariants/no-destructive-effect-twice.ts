import type { Happening } from '../world/happening.js';
import { ClaimBook } from './claim-book.js';
import type { Invariant } from './invariant.js';

type Effect = Extract<Happening, { readonly kind: 'machine touched' | 'pod told to go' }>;

/** An eviction needs no claim: it is the migrator's, which asks as long as the pod carries the request. */
function isDestructive(happening: Happening): happening is Effect {
  return (
    happening.kind === 'machine touched' ||
    (happening.kind === 'pod told to go' && happening.verb === 'delete')
  );
}

/** What is done at most once for a command. */
function whatIn(effect: Effect): string {
  return effect.kind === 'machine touched' ? effect.verb : `${effect.verb} of ${effect.pod.metadata.uid}`;
}

/**
 * 2. No destructive effect happens twice for one command, for a process that is over, or without a claim that was in
 * force when the request was sent. (A request on the wire can't be called back.)
 */
export function noDestructiveEffectTwice(): Invariant {
  const claims = new ClaimBook();
  const done = new Set<string>();
  const over = new Map<string, number>();
  const judge = (effect: Effect): string | undefined => {
    const { by, node, issuedAt } = effect;
    const verb = whatIn(effect);
    const held = claims.behind(effect);
    if (held === undefined) return `${by} did ${verb} on ${node} without a claim`;
    const { id, processId } = held.command;
    if (done.has(`${id} ${verb}`)) return `${verb} happened twice for ${id}`;
    done.add(`${id} ${verb}`);
    if (issuedAt > held.until)
      return `${by} sent ${verb} for ${id} ${issuedAt - held.until} ms after its claim ran out`;
    const endedAt = over.get(processId);
    if (endedAt !== undefined && endedAt < issuedAt) return `${verb} for ${id}, whose process is over`;
    return undefined;
  };
  return {
    name: 'no destructive effect happens twice, nor for a process that is over, nor without a claim',
    after: (happening, at) => {
      claims.note(happening, at);
      if (happening.kind === 'published' && happening.record.event.ProcessEnded !== undefined) {
        const { processId } = happening.record.event.ProcessEnded;
        over.set(processId, over.get(processId) ?? at);
      }
      return isDestructive(happening) ? judge(happening) : undefined;
    },
  };
}
