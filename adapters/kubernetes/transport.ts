import { Agent, request, type Dispatcher } from 'undici';

import type { KubernetesAnswer } from '../ports/kubernetes.js';
import type { ClusterAccess } from './access.js';
import { failureOf, refusalOf, type Verb } from './answers.js';

export interface TransportOptions {
  readonly access: ClusterAccess;
  readonly userAgent: string;
  /** Most connections for requests; the watch has one of its own. */
  readonly connections: number;
  /** Time for a whole answer to begin, and between its parts, ms. */
  readonly timeoutMs: number;
}

export interface Call {
  readonly verb: Verb;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Path with query. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
}

/** Sends calls to one API server over kept-alive HTTP/1.1 connections. Never throws for what the server says. */
export interface Transport {
  call<Value>(call: Call, decode: (body: unknown) => Value): Promise<KubernetesAnswer<Value>>;
  /** An answer that goes on for ever; rejects when there is none. `silenceMs`: given up when nothing comes for so long. */
  stream(path: string, silenceMs: number, signal: AbortSignal): Promise<Dispatcher.ResponseData>;
  close(): Promise<void>;
}

/** Opens nothing yet: connections are made when they are needed. */
export function createTransport(options: TransportOptions): Transport {
  const { access, timeoutMs } = options;
  const dispatcher = new Agent({
    connections: options.connections,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: 60_000,
    connect: { timeout: timeoutMs, ...tlsOf(access) },
  });
  const watching = new Agent({
    connections: 4,
    pipelining: 1,
    connect: { timeout: timeoutMs, ...tlsOf(access) },
  });
  const headers = (contentType?: string): Record<string, string> => {
    const token = access.token?.();
    return {
      accept: 'application/json',
      'user-agent': options.userAgent,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
    };
  };

  async function send(call: Call): Promise<{ status: number; text: string; retryAfter: string | undefined }> {
    const response = await request(access.server + call.path, {
      method: call.method,
      dispatcher,
      headers: headers(call.body === undefined ? undefined : (call.contentType ?? 'application/json')),
      body: call.body === undefined ? null : JSON.stringify(call.body),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    const retryAfter = response.headers['retry-after'];
    return {
      status: response.statusCode,
      text: await response.body.text(),
      retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
    };
  }

  return {
    async call(call, decode) {
      try {
        const { status, text, retryAfter } = await sendAgainIfClosed(call, send);
        const body = parsed(text);
        if (status >= 200 && status < 300) return { kind: 'ok', value: decode(body) };
        return refusalOf(call.verb, { status, body, retryAfter });
      } catch (error) {
        return failureOf(error);
      }
    },
    stream: (path, silenceMs, signal) =>
      request(access.server + path, {
        method: 'GET',
        dispatcher: watching,
        headers: headers(),
        headersTimeout: timeoutMs,
        bodyTimeout: silenceMs,
        signal,
      }),
    async close() {
      await Promise.all([dispatcher.destroy(), watching.destroy()]);
    },
  };
}

/** A kept connection that the server closes at that moment fails a request; one that only reads may be sent again. */
async function sendAgainIfClosed<Answer>(call: Call, send: (call: Call) => Promise<Answer>): Promise<Answer> {
  try {
    return await send(call);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (call.method !== 'GET' || (code !== 'UND_ERR_SOCKET' && code !== 'ECONNRESET')) throw error;
    return send(call);
  }
}

function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function tlsOf(access: ClusterAccess): Record<string, string | boolean> {
  return {
    rejectUnauthorized: access.skipTlsVerify !== true,
    ...(access.certificateAuthority === undefined ? {} : { ca: access.certificateAuthority }),
    ...(access.clientCertificate === undefined ? {} : { cert: access.clientCertificate }),
    ...(access.clientKey === undefined ? {} : { key: access.clientKey }),
    ...(access.tlsServerName === undefined ? {} : { servername: access.tlsServerName }),
  };
}
