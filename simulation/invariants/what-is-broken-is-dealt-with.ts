import type { NodeKey } from '../../domain/identifiers.js';
import type { EventPayloads } from '../../schemas/event-payloads.js';
import type { Ailment } from '../world/machine-hall.js';
import type { Invariant } from './invariant.js';

/** What an agent told once may be taken for over when it is decided later than this, ms: see below. */
const promptMs = 30_000;

/**
 * 4 at the end, by the machines themselves: whatever is still wrong with one has been told to Faultline, so it was mended, or
 * a person has it in hand, or a person said that it is no fault. Whether Faultline has an open fault is not asked.
 *
 * Of what no condition shows nobody can see that it is still so. So it counts only where the agent was heard at once (a late report is
 * held against what is seen then), and where nobody has since gone on to verify what was done to the machine, or had it verified.
 */
export function whatIsBrokenIsDealtWith(ailments: () => readonly Ailment[]): Invariant {
  /** When a person said last that nothing is wrong there; and when it was said last that it was dealt with. */
  const dismissedAt = new Map<NodeKey, number>();
  const goneOnAt = new Map<NodeKey, number>();
  /** When fates were told of reports, by node and fault type. */
  const decidedAt = new Map<string, number[]>();
  let lostAt = -Infinity;
  const isPrompt = ({ node, type, since }: Ailment): boolean =>
    (decidedAt.get(`${node} ${type}`) ?? []).some((at) => at >= since && at - since <= promptMs);
  const isExcused = (ailment: Ailment): boolean => {
    const { node, isShown, since } = ailment;
    if (since <= Math.max(lostAt, dismissedAt.get(node) ?? -Infinity)) return true;
    return !isShown && (since <= (goneOnAt.get(node) ?? -Infinity) || !isPrompt(ailment));
  };
  const noteOrder = (
    { kind }: NonNullable<EventPayloads['Signal']['order']>,
    node: NodeKey,
    at: number,
  ): void => {
    if (kind === 'DISMISS') dismissedAt.set(node, at);
    if (kind === 'SKIP' || kind === 'REPAIRED') goneOnAt.set(node, at);
  };
  return {
    name: 'what is broken is mended, or a person has it in hand',
    after: (happening, at) => {
      // What was told to one journal is not told to another one.
      if (happening.kind === 'journal lost') lostAt = at;
      if (happening.kind !== 'published') return undefined;
      const { node, event } = happening.record;
      if (event.ProcessEvent?.type === 'StageEntered' && event.ProcessEvent.stage === 'verifying')
        goneOnAt.set(node, at);
      const order = event.Signal?.order ?? undefined;
      if (order !== undefined) noteOrder(order, node, at);
      for (const { type } of event.ReportsDecided?.decided ?? []) {
        const about = `${node} ${type}`;
        decidedAt.set(about, [...(decidedAt.get(about) ?? []), at]);
      }
      return undefined;
    },
    atRest: () => {
      const left = ailments().find((ailment) => !isExcused(ailment));
      return left === undefined
        ? undefined
        : `${left.node} still has ${left.type}, and nobody is about to do anything`;
    },
  };
}
