import type { PowerAnswer } from '../ports/power.js';

type Trouble = Exclude<PowerAnswer<never>, { readonly kind: 'ok' }>;

/** What a status but 2xx means. 4xx: surely nothing was done; 5xx: BMCs have been seen to act and answer 500. */
export function refusalOf(status: number, text: string): Trouble {
  const reason = `status ${status}: ${text.slice(0, 300)}`;
  if (status === 408 || status === 429 || status >= 500) return { kind: 'uncertain', reason };
  return { kind: 'refused', reason };
}

const nothingSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** What a failed exchange means: only what failed before a byte was sent did surely nothing. */
export function failureOf(error: unknown): Trouble {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const reason =
    error instanceof Error ? `${code === '' ? error.name : code}: ${error.message}` : String(error);
  return nothingSent.has(code) ? { kind: 'unreachable', reason } : { kind: 'uncertain', reason };
}
