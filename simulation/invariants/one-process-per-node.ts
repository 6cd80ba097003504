import type { NodeKey } from '../../domain/identifiers.js';
import type { Invariant } from './invariant.js';

/** 3, continued. A subscriber never sees two processes of one node at once. What is sent again is told by its sequence. */
export function oneProcessPerNode(): Invariant {
  const active = new Map<NodeKey, string>();
  return {
    name: 'a node has at most one active process, and its events come in order',
    after: (happening) => {
      if (happening.kind !== 'published' || happening.record.repeated) return undefined;
      const { node, event } = happening.record;
      const told = event.ProcessEvent;
      if (told === undefined) return undefined;
      const { processId, type } = told;
      const running = active.get(node);
      if (type === 'ProcessStarted') {
        if (running !== undefined) return `${processId ?? '?'} of ${node} began while ${running} runs`;
        active.set(node, processId ?? '?');
      } else if (type === 'ProcessEnded') {
        if (running !== processId)
          return `${processId ?? '?'} of ${node} ended, but ${running ?? 'none'} runs`;
        active.delete(node);
      }
      return undefined;
    },
  };
}
