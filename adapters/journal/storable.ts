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
  return (isAsStored(value) ? value : storedForm(value)) as Value;
}

/** Asked first, and without making anything: nearly all that passes is stored as it is, and every batch passes whole states. */
function isAsStored(value: unknown): boolean {
  if (typeof value === 'string') return isStorableText(value);
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isAsStored);
  if (!isObject(value)) return value !== undefined;
  for (const name of Object.keys(value)) if (!isStorableText(name) || !isAsStored(value[name])) return false;
  return true;
}

function storedForm(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (Array.isArray(value)) return value.map((member) => asStored<unknown>(member) ?? null);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      member === undefined ? [] : [[storableText(name), asStored(member)] as const],
    ),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
