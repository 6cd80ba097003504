const loneSurrogate = /\p{Surrogate}/u;
const loneSurrogates = /\p{Surrogate}/gu;

/**
 * PostgreSQL's jsonb takes neither NUL nor half of a surrogate pair; both become U+FFFD at the edge, so that nothing
 * further in has to know.
 */
export function storableText(text: string): string {
  const whole = loneSurrogate.test(text) ? text.replace(loneSurrogates, '\ufffd') : text;
  return whole.includes('\0') ? whole.replaceAll('\0', '\ufffd') : whole;
}
