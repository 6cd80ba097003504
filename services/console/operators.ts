import { createHash, timingSafeEqual } from 'node:crypto';

import { ConsoleRefusal } from './forms/problem.js';

/** Who may give orders: bearer token and the identity that stands in the journal. */
export interface Operator {
  readonly subject: string;
  readonly token: string;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

/**
 * Who gives an order. With operators configured a bearer token says so, and nothing else counts. Without, only this
 * machine is heard, and its word is marked as unauthenticated.
 * @throws ConsoleRefusal Unauthorized, Forbidden
 */
export function subjectOf(
  operators: readonly Operator[],
  request: {
    readonly authorization: string | undefined;
    readonly address: string;
    readonly claimed?: string;
  },
): string {
  if (operators.length === 0) {
    if (isLoopback(request.address)) return `unauthenticated:${request.claimed ?? 'local'}`;
    throw new ConsoleRefusal(
      'Forbidden',
      'orders from other machines need an operator',
      'name operators under http.operators in faultline.yaml, or give the order on the machine itself',
    );
  }
  const token = /^Bearer (.+)$/i.exec(request.authorization ?? '')?.[1];
  const given = digest(token ?? '');
  const found = operators.find((operator) => timingSafeEqual(digest(operator.token), given));
  if (token !== undefined && found !== undefined) return found.subject;
  throw new ConsoleRefusal(
    'Unauthorized',
    token === undefined ? 'an order needs a bearer token' : 'this bearer token is not known',
    'give the token of an operator (faultline order … --token-file FILE)',
  );
}
