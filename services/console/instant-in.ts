import { parseInstantMs } from '../instant.js';
import { ConsoleRefusal } from './forms/problem.js';

/**
 * The time, ms, that a parameter says in ISO 8601.
 * @param next what would do
 * @throws ConsoleRefusal BadRequest
 */
export function instantIn(name: string, text: string, next: string): number {
  const at = parseInstantMs(text);
  if (at !== undefined) return at;
  throw new ConsoleRefusal('BadRequest', `${name}: "${text}" is no time`, next);
}
