import { ConsoleRefusal } from './forms/problem.js';

/**
 * The time, ms, that a parameter says in RFC 3339.
 * @param next what would do
 * @throws ConsoleRefusal BadRequest
 */
export function instantIn(name: string, text: string, next: string): number {
  const at = Date.parse(text);
  if (/^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(at)) return at;
  throw new ConsoleRefusal('BadRequest', `${name}: "${text}" is no time`, next);
}
