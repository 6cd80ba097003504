import { readFileSync } from 'node:fs';

import { CommandFailed, type ErrorCode } from './errors.js';
import { serverAddress } from './server-address.js';
import type { Terminal } from './terminal.js';

export interface ServerOptions {
  readonly server?: string;
  readonly tokenFile?: string;
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** A running Faultline, by its HTTP API. Every failure is a CommandFailed. */
export interface ServerClient {
  readonly url: string;
  get<Document>(path: string, query?: Query): Promise<Document>;
  /** The bytes of an answer as they come, which may go on for ever. */
  stream(
    path: string,
    query: Query,
    headers: Readonly<Record<string, string>>,
  ): Promise<AsyncIterable<Uint8Array>>;
  /** The answer whatever its status; for routes whose refusals carry a result. */
  post(
    path: string,
    body: string,
    contentType: string,
    more?: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly body: unknown }>;
  /** What an order is answered with: a form of this kind. */
  order<Form extends { readonly kind: string }>(
    path: string,
    body: string,
    kind: Form['kind'],
    more?: Readonly<Record<string, string>>,
  ): Promise<Form>;
}

const requestTimeoutMs = 30_000;

const codeOfProblem: Readonly<Record<string, ErrorCode>> = {
  BadRequest: 'Usage',
  NotFound: 'NotFound',
  Unauthorized: 'Refused',
  Forbidden: 'Refused',
  OrderNotTaken: 'Refused',
  ChangeOver: 'Refused',
  KeyReused: 'Refused',
};

function textMember(body: unknown, name: string): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const value: unknown = Reflect.get(body, name);
  return typeof value === 'string' ? value : undefined;
}

function isForm(body: unknown, kind: string): boolean {
  return typeof body === 'object' && body !== null && 'kind' in body && body.kind === kind;
}

/** Of refusals: what was asked for does not fit how things are now. */
export const conflictStatus = 409;

/** What a refusal of the server means here; its cause is the HTTP status. */
export function failureOf(url: string, status: number, body: unknown): CommandFailed {
  const message = textMember(body, 'message') ?? textMember(body, 'detail');
  if (message === undefined) {
    return new CommandFailed('ServerFailed', `${url} answered ${status} without saying why`);
  }
  const code = codeOfProblem[textMember(body, 'code') ?? ''] ?? (status < 500 ? 'Refused' : 'ServerFailed');
  return new CommandFailed(code, message, textMember(body, 'next'), { cause: status });
}

function withQuery(url: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters.size === 0 ? url : `${url}?${parameters.toString()}`;
}

function authorization(tokenFile: string | undefined): Readonly<Record<string, string>> {
  if (tokenFile === undefined) return {};
  try {
    return { authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}` };
  } catch {
    throw new CommandFailed(
      'SecretMissing',
      `token file ${tokenFile} can't be read`,
      'name an existing file',
    );
  }
}

function unreachable(url: string, error: unknown): CommandFailed {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CommandFailed('ServerUnreachable', `${url} does not answer (${why})`);
}

async function bodyOf(response: Response, url: string): Promise<unknown> {
  const text = await response.text();
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    throw new CommandFailed(
      'ServerFailed',
      `${url} answered ${response.status} with something that is not JSON`,
    );
  }
}

/** @throws CommandFailed Usage, SecretMissing */
export function connectToServer(terminal: Terminal, options: ServerOptions): ServerClient {
  const url = serverAddress(terminal, options.server);
  const headers = authorization(options.tokenFile);
  const request = async (target: string, init: RequestInit) => {
    const signal = AbortSignal.any([terminal.interrupted, AbortSignal.timeout(requestTimeoutMs)]);
    const response = await fetch(target, { ...init, signal }).catch((error: unknown) => {
      throw unreachable(url, error);
    });
    return { status: response.status, body: await bodyOf(response, url) };
  };
  const post: ServerClient['post'] = (path, body, contentType, more) =>
    request(`${url}${path}`, {
      method: 'POST',
      body,
      headers: { ...headers, ...more, 'content-type': contentType },
    });
  return {
    url,
    get: async <Document>(path: string, query: Query = {}) => {
      const { status, body } = await request(withQuery(`${url}${path}`, query), { headers });
      if (status !== 200) throw failureOf(url, status, body);
      return body as Document;
    },
    stream: async (path, query, more) => {
      const response = await fetch(withQuery(`${url}${path}`, query), {
        headers: { ...headers, ...more },
        signal: terminal.interrupted,
      }).catch((error: unknown) => {
        throw unreachable(url, error);
      });
      if (response.status !== 200 || response.body === null)
        throw failureOf(url, response.status, await bodyOf(response, url));
      return response.body;
    },
    post,
    order: async <Form extends { readonly kind: string }>(
      path: string,
      body: string,
      kind: Form['kind'],
      more?: Readonly<Record<string, string>>,
    ) => {
      const answer = await post(path, body, 'application/json', more);
      if (!isForm(answer.body, kind)) throw failureOf(url, answer.status, answer.body);
      return answer.body as Form;
    },
  };
}
