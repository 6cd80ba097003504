import { Agent, request, type Dispatcher } from 'undici';

import type { EndpointAnswer, EventEndpoint } from '../ports/event-endpoint.js';
import { requestFailure } from './request-failure.js';

export interface EventEndpointOptions {
  readonly url: string;
  /** From the first attempt to connect to the status of the answer, ms. */
  readonly timeoutMs: number;
  /** Connections at once. */
  readonly connections: number;
}

/** Of an answer's body so much is looked at; the rest is thrown away with its connection. */
const mostTextBytes = 4_096;
/** Of that, and of what went wrong, so much is told. */
const mostReasonCharacters = 300;

/** One subscriber's address. Its connections are its own: who is slow at an address slows nobody else who is there too. */
export function openEventEndpoint({ url, timeoutMs, connections }: EventEndpointOptions): EventEndpoint {
  // It follows no redirect: that would have to be asked for.
  const dispatcher = new Agent({ connections, pipelining: 1, connect: { timeout: timeoutMs } });
  return {
    post: async (headers, body) => {
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        const response = await request(url, { method: 'POST', dispatcher, headers, body, signal });
        return await answerOf(response);
      } catch (error) {
        if (signal.aborted) return { kind: 'timeout' };
        return { kind: 'unreachable', reason: requestFailure(error).reason.slice(0, mostReasonCharacters) };
      }
    },
    close: () => dispatcher.destroy(),
  };
}

async function answerOf(response: Dispatcher.ResponseData): Promise<EndpointAnswer> {
  const retryAfter = oneOf(response.headers['retry-after']);
  const location = oneOf(response.headers['location']);
  return {
    kind: 'answered',
    status: response.statusCode,
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(location === undefined ? {} : { location }),
    text: await beginningOf(response.body),
  };
}

/** The status counts: a body that breaks or never ends changes nothing about it. */
async function beginningOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      const buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
      chunks.push(buffer);
      bytes += buffer.length;
      if (bytes >= mostTextBytes) break;
    }
  } catch {
    // What came is what there is.
  }
  return Buffer.concat(chunks).toString().replaceAll(/\s+/g, ' ').trim().slice(0, mostReasonCharacters);
}

function oneOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
