import { parseEventId } from '../domain/event-number.js';
import type { NodeKey } from '../domain/identifiers.js';
import type { ReceivedEvent } from './read-events.js';

/**
 * Whether something stands behind an event of this id. What is about other nodes has no place before or behind it, and neither
 * has what follows from no fact: of these nothing is left out.
 */
export function isBehind(mark: string): (event: Pick<ReceivedEvent, 'id' | 'subject'>) => boolean {
  const node = mark.slice(0, mark.lastIndexOf('@')) as NodeKey;
  const after = parseEventId(node, mark);
  return ({ id, subject }) => {
    const number = subject === node ? parseEventId(node, id) : undefined;
    if (after === undefined || number === undefined) return true;
    if (id === mark || number.epoch < after.epoch) return false;
    return number.epoch > after.epoch || number.version >= after.version;
  };
}
