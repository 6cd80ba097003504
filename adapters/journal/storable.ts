import { isStorableText, storableText } from '../../schemas/storable-text.js';

/** What PostgreSQL's jsonb refuses, as JSON.stringify writes it: NUL and halves of surrogate pairs. */
const refused = /\\u0000|\\ud[89a-f][0-9a-f]{2}/;

/**
 * JSON text that every journal takes: NUL and lone surrogates become U+FFFD, in names as well as in values. The same
 * in memory and on PostgreSQL, so that a simulated history is a real one.
 */
export function storableJson(value: unknown): string {
  const text = JSON.stringify(value);
  return refused.test(text) ? JSON.stringify(asStored(value)) : text;
}

/** The value as it will be read back. What is stored as it was given is shared with it: nobody changes either. */
export function asStored<Value>(value: Value): Value {
  return storedForm(value) as Value;
}

/** The same value where it can be stored as it is: copies of all that passes would cost more than most decisions. */
function storedForm(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (Array.isArray(value)) return storedList(value);
  if (!isObject(value)) return value;
  const names = Object.keys(value);
  const members = names.map((name) => storedForm(value[name]));
  const isAsGiven = names.every(
    (name, index) => isStorableText(name) && members[index] !== undefined && members[index] === value[name],
  );
  if (isAsGiven) return value;
  return Object.fromEntries(
    names
      .map((name, index) => [storableText(name), members[index]] as const)
      .filter(([, member]) => member !== undefined),
  );
}

function storedList(list: readonly unknown[]): readonly unknown[] {
  const members = list.map((member) => storedForm(member) ?? null);
  return members.every((member, index) => member === list[index]) ? list : members;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
