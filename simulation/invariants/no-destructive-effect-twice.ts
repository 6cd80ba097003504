import type { Happening } from '../world/happening.js';
import { ClaimBook } from './claim-book.js';
import type { Invariant } from './invariant.js';

type Touch = Extract<Happening, { readonly kind: 'machine touched' }>;

/**
 * 2. No destructive effect happens twice for one command, for a process that is over, or without a claim that was in
 * force when the request was sent. (A request on the wire can't be called back.)
 */
export function noDestructiveEffectTwice(): Invariant {
  const claims = new ClaimBook();
  const done = new Set<string>();
  const over = new Map<string, number>();
  const judge = (touch: Touch): string | undefined => {
    const { by, node, verb, issuedAt } = touch;
    const held = claims.behind(touch);
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
      return happening.kind === 'machine touched' ? judge(happening) : undefined;
    },
  };
}
