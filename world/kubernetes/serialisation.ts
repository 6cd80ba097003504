import type { StoredObject } from './kubernetes-object.js';

/** Objects never change, so their text is made once for however many lists and watches show them. */
const texts = new WeakMap<StoredObject, string>();

export function textOf(object: StoredObject): string {
  const known = texts.get(object);
  if (known !== undefined) return known;
  const text = JSON.stringify(object);
  texts.set(object, text);
  return text;
}
