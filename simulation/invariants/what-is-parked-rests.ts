import type { NodeKey } from '../../domain/identifiers.js';
import type { EventPayloads } from '../../schemas/event-payloads.js';
import type { Invariant } from './invariant.js';

/**
 * DESIGN section 4. A node for which something could not be decided is told to be parked: until it goes on nobody begins
 * with one of its commands, and in the end it goes on.
 */
export function whatIsParkedRests(): Invariant {
  /** When commands were begun since it was told. */
  const begun = new Map<NodeKey, number[]>();
  const goesOn = (node: NodeKey, at: number): string | undefined => {
    const early = begun.get(node)?.find((time) => time < at);
    begun.delete(node);
    return early === undefined ? undefined : `a command of ${node} was begun while it was parked`;
  };
  const judge = (node: NodeKey, told: EventPayloads['ProcessEvent']): string | undefined => {
    // Where a copy only does not know a workflow, the node waits for one that does: others may do what is decided.
    if (told.type === 'NodeParked' && told.data['kind'] === 'failed') begun.set(node, begun.get(node) ?? []);
    // What it is told by may have been said long before it was read: only what is older is sure.
    return told.type === 'NodeUnparked' ? goesOn(node, told.at) : undefined;
  };
  return {
    name: 'what can not be decided rests, and goes on in the end',
    after: (happening, at) => {
      if (happening.kind === 'claimed') begun.get(happening.command.node)?.push(at);
      if (happening.kind !== 'published' || happening.record.repeated) return undefined;
      const told = happening.record.event.ProcessEvent;
      return told === undefined ? undefined : judge(happening.record.node, told);
    },
    atRest: () => {
      const [node] = begun.keys();
      return node === undefined ? undefined : `${node} is still parked`;
    },
  };
}
