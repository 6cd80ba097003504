import { Agent, request } from 'undici';

import { jsonIn } from '../../domain/json.js';
import type { WorkAnswer } from '../ports/work-orders.js';
import { requestFailure } from './request-failure.js';

export interface WebhookOptions {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** Bearer token, if it wants one. */
  readonly token?: string;
  /** Default 15 s. */
  readonly timeoutMs?: number;
}

/** JSON over HTTP with one partner. Statuses and broken connections become answers, never errors. */
export class HttpExchange {
  readonly #options: WebhookOptions;
  readonly #dispatcher = new Agent({ connections: 8, pipelining: 1 });

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  /** `decode` gives undefined for an answer that is not what was agreed. */
  async send<Value>(
    method: 'GET' | 'POST',
    path: string,
    body: unknown,
    decode: (body: unknown) => Value | undefined,
  ): Promise<WorkAnswer<Value>> {
    const { baseUrl, token, timeoutMs = 15_000 } = this.#options;
    try {
      const response = await request(baseUrl.replace(/\/+$/, '') + path, {
        method,
        dispatcher: this.#dispatcher,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      });
      return answerOf(response.statusCode, await response.body.text(), decode);
    } catch (error) {
      return failureOf(error);
    }
  }

  close(): Promise<void> {
    return this.#dispatcher.destroy();
  }
}

/** 4xx: surely nothing was done. 5xx, 408, 429 and answers that can't be read: it may have been. */
function answerOf<Value>(
  status: number,
  text: string,
  decode: (body: unknown) => Value | undefined,
): WorkAnswer<Value> {
  const reason = `status ${status}: ${text.slice(0, 300)}`;
  if (status >= 200 && status < 300) {
    const value = decode(jsonIn(text));
    return value === undefined ? { kind: 'uncertain', reason } : { kind: 'ok', value };
  }
  const surely = status >= 300 && status < 500 && status !== 408 && status !== 429;
  return { kind: surely ? 'refused' : 'uncertain', reason };
}

function failureOf(error: unknown): WorkAnswer<never> {
  const { code, reason } = requestFailure(error);
  const nothingSent = code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'UND_ERR_CONNECT_TIMEOUT';
  return { kind: nothingSent ? 'unreachable' : 'uncertain', reason };
}

/** Member of an object if it is a text. */
export function textOf(body: unknown, member: string): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const value: unknown = Object.entries(body).find(([key]) => key === member)?.[1];
  return typeof value === 'string' ? value : undefined;
}
