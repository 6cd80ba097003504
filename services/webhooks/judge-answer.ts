import type { EndpointAnswer } from '../../adapters/ports/event-endpoint.js';

/** What follows from an answer. `hold`: it asks for no requests for so long at least; 0: it does not say for how long. */
export type Verdict =
  | { readonly kind: 'delivered' }
  /** It wants no more events. */
  | { readonly kind: 'gone'; readonly reason: string }
  | { readonly kind: 'hold'; readonly reason: string; readonly forMs: number }
  | {
      readonly kind: 'failed';
      readonly result: 'refused' | 'timeout' | 'unreachable';
      readonly reason: string;
    };

/** Whoever asks for more time than this is asked again anyway. */
const longestHoldMs = 3_600_000;

/** Seconds or an HTTP date, as milliseconds from now; undefined: it says nothing of use. */
function retryAfterMs(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), longestHoldMs);
}

/** 2xx is the only yes. @param now ms, wall clock: dates are meant so */
export function judgeAnswer(answer: EndpointAnswer, now: number): Verdict {
  if (answer.kind === 'timeout')
    return { kind: 'failed', result: 'timeout', reason: 'no answer within requestTimeout' };
  if (answer.kind === 'unreachable') return { kind: 'failed', result: 'unreachable', reason: answer.reason };
  const { status, location, text } = answer;
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const reason = text === '' ? `status ${status}` : `status ${status}: ${text}`;
  if (status === 410) return { kind: 'gone', reason };
  if (status >= 300 && status < 400) {
    const to = location === undefined ? '' : ` to ${location.slice(0, 200)}`;
    return {
      kind: 'failed',
      result: 'refused',
      reason: `status ${status}: a redirect${to} is not followed; configure the address itself`,
    };
  }
  const forMs = status === 429 || status === 503 ? retryAfterMs(answer.retryAfter, now) : undefined;
  return forMs === undefined
    ? { kind: 'failed', result: 'refused', reason }
    : { kind: 'hold', reason, forMs };
}
