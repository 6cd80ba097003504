import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { Agent, request, type Dispatcher } from 'undici';
import { TrapDoor } from './trap.js';
import { listenOnLoopback, portOf } from '../loopback-server.js';

/** A request that passes a gate. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface SeenExchange extends SeenRequest {
  readonly status: number;
}

export interface HttpGateOptions {
  readonly upstream: string;
  /** PEM, where the upstream speaks TLS. */
  readonly certificateAuthority?: string;
  /** Hears of every request that was answered, whether or not the answer got any further. */
  readonly onExchange?: (exchange: SeenExchange) => void;
}

/** Headers that belong to one connection, not to what is sent over it. */
const ofConnection = new Set(['connection', 'content-length', 'host', 'keep-alive', 'transfer-encoding']);

/** Stands between one process and a server that speaks HTTP: passes everything on, and springs traps. */
export class HttpGate {
  readonly trapDoor = new TrapDoor<SeenRequest>();
  readonly #options: HttpGateOptions;
  readonly #agent: Agent;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((incoming, answer) => {
    // Broken on either side: who asked sees a broken connection, as without the gate.
    this.#pass(incoming, answer).catch(() => answer.destroy());
  });

  private constructor(options: HttpGateOptions) {
    this.#options = options;
    const { certificateAuthority: ca } = options;
    this.#agent = new Agent({ connections: 64, ...(ca === undefined ? {} : { connect: { ca } }) });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  /** On a free port of 127.0.0.1. */
  static async start(options: HttpGateOptions): Promise<HttpGate> {
    const gate = new HttpGate(options);
    await listenOnLoopback(gate.#server);
    return gate;
  }

  get url(): string {
    return `http://127.0.0.1:${portOf(this.#server)}`;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all([closed, this.#agent.destroy()]);
  }

  async #pass(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/', headers } = incoming;
    const seen = { method, path, headers, body: (await buffer(incoming)).toString('utf8') };
    if (this.trapDoor.springsAt('request', seen)) {
      answer.destroy();
      return;
    }
    const abort = new AbortController();
    answer.on('close', () => {
      // Only what reads is called back: an effect that was sent is on its way.
      if (method === 'GET') abort.abort();
    });
    const response = await request(this.#options.upstream + path, {
      method,
      dispatcher: this.#agent,
      headers: withoutConnection(headers),
      ...(seen.body === '' ? {} : { body: seen.body }),
      headersTimeout: 60_000,
      bodyTimeout: 0,
      signal: abort.signal,
    });
    await this.#answer(seen, response, answer);
  }

  async #answer(seen: SeenRequest, response: Dispatcher.ResponseData, answer: ServerResponse): Promise<void> {
    const { statusCode: status, headers } = response;
    this.#options.onExchange?.({ ...seen, status });
    const took = status >= 200 && status < 300;
    if (took && this.trapDoor.springsAt('answer', seen)) {
      answer.destroy();
      await response.body.dump();
      return;
    }
    answer.writeHead(status, withoutConnection(headers));
    // A watch answers before it has anything to say.
    answer.flushHeaders();
    await pipeline(response.body, answer);
  }
}

function withoutConnection(headers: IncomingMessage['headers']): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string | string[]] =>
        entry[1] !== undefined && !ofConnection.has(entry[0].toLowerCase()),
    ),
  );
}
