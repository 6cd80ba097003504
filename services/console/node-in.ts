import { parseNodeKey, type NodeKey } from '../../domain/identifiers.js';
import { ConsoleRefusal } from './forms/problem.js';

/** The node that a request names. @throws ConsoleRefusal BadRequest */
export function nodeIn(text: string): NodeKey {
  if (parseNodeKey(text) === undefined) {
    throw new ConsoleRefusal('BadRequest', `${text} is no node`, 'write <cluster>/<node>');
  }
  return text as NodeKey;
}
