/** What PostgreSQL's jsonb refuses, as JSON.stringify writes it: NUL and halves of surrogate pairs. */
const refused = /\\u0000|\\ud[89a-f][0-9a-f]{2}/;
/** In Unicode mode a surrogate matches only when it stands alone. */
const unstorable = /[\0\p{Surrogate}]/gu;
const replacement = '\uFFFD';

/**
 * JSON text that every journal takes: NUL and lone surrogates become U+FFFD, in names as well as in values. The same
 * in memory and on PostgreSQL, so that a simulated history is a real one.
 */
export function storableJson(value: unknown): string {
  const text = JSON.stringify(value);
  return refused.test(text) ? JSON.stringify(copied(value)) : text;
}

/** Values that came out of `asStored`: nobody changes them, so they are their own copies. */
const stored = new WeakSet<object>();

/** The value as it will be read back: a copy that shares nothing with what was given, but for what was stored before. */
export function asStored<Value>(value: Value): Value {
  return copied(value) as Value;
}

function copied(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'object' || value === null || stored.has(value)) return value;
  const copy = Array.isArray(value) ? value.map((member) => copied(member) ?? null) : copiedMembers(value);
  stored.add(copy);
  return copy;
}

function copiedMembers(value: object): object {
  const whole: Record<string, unknown> = { ...value };
  const names = Object.keys(whole);
  if (names.every((name) => whole[name] !== undefined && storableText(name) === name)) {
    for (const name of names) whole[name] = copied(whole[name]);
    return whole;
  }
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [storableText(name), copied(member)]));
}

/** Text for a column: NUL can't be stored, and a lone surrogate has no UTF-8. */
export function storableText(text: string): string {
  return text.replace(unstorable, replacement);
}
