import { describe, expect, it } from 'vitest';
import { failureOf, refusalOf, type Verb } from '../../../adapters/kubernetes/answers.js';

const budget = { kind: 'Status', message: 'no', details: { causes: [{ reason: 'DisruptionBudget' }] } };
const twoBudgets = {
  message: 'This pod has more than one PodDisruptionBudget, which the eviction does not support.',
};

describe('what a status of the API means', () => {
  it.each<[Verb, number, unknown, string]>([
    ['get', 404, undefined, 'notFound'],
    ['create', 409, { message: 'exists' }, 'conflict'],
    ['evict', 409, { message: 'uid' }, 'conflict'],
    ['delete', 409, { message: 'uid' }, 'conflict'],
    ['list', 410, undefined, 'conflict'],
    ['patch', 422, undefined, 'unprocessable'],
    ['patch', 400, undefined, 'unprocessable'],
    ['patch', 415, undefined, 'unprocessable'],
    ['evict', 429, budget, 'disruptionBudget'],
    ['evict', 429, { message: 'slow down' }, 'throttled'],
    ['get', 429, undefined, 'throttled'],
    ['patch', 503, undefined, 'throttled'],
    ['get', 401, undefined, 'forbidden'],
    ['patch', 403, undefined, 'forbidden'],
    ['evict', 500, twoBudgets, 'misconfigured'],
    ['evict', 500, { message: 'etcd' }, 'uncertain'],
    ['patch', 500, twoBudgets, 'uncertain'],
    ['patch', 504, '<html>', 'uncertain'],
  ])('given %s answered %i, then it is %4$s', (verb, status, body, kind) => {
    expect(refusalOf(verb, { status, body, retryAfter: undefined }).kind).toBe(kind);
  });

  it('given Retry-After, then it is waited for, within bounds', () => {
    const answer = (retryAfter: string | undefined) =>
      refusalOf('get', { status: 429, body: undefined, retryAfter });
    expect(answer('7')).toEqual({ kind: 'throttled', retryAfterMs: 7_000 });
    expect(answer('86400')).toEqual({ kind: 'throttled', retryAfterMs: 60_000 });
    expect(answer('soon')).toEqual({ kind: 'throttled', retryAfterMs: 1_000 });
  });

  it('given a failed exchange, then only what failed before a byte was sent is unreachable', () => {
    const error = (code: string): Error => Object.assign(new Error('x'), { code });
    expect(failureOf(error('ECONNREFUSED')).kind).toBe('unreachable');
    expect(failureOf(error('UNABLE_TO_VERIFY_LEAF_SIGNATURE')).kind).toBe('unreachable');
    expect(failureOf(error('ECONNRESET')).kind).toBe('uncertain');
    expect(failureOf(error('UND_ERR_HEADERS_TIMEOUT')).kind).toBe('uncertain');
    expect(failureOf('?').kind).toBe('uncertain');
  });
});
