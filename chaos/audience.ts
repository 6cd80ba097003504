import { appendFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { WorldRandom } from '../world/random.js';
import { listenOnLoopback, portOf } from './loopback-server.js';

/** A subscriber's; nobody else has to know it. */
export const webhookSecret = `whsec_${Buffer.from('known to the two of us, and to nobody else').toString('base64')}`;

/** Subscribers by webhook, with what each of them asks for. */
export const subscribers: Readonly<Record<string, object>> = {
  everything: {},
  recovered: { topic: ['maintenance.outcomes'], outcome: ['Recovered'] },
};

/** Files of what the audience was told. */
export function audienceLogs(folder: string): { readonly deliveries: string; readonly spans: string } {
  return { deliveries: join(folder, 'deliveries.jsonl'), spans: join(folder, 'spans.jsonl') };
}

interface OtlpSpans {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly traceId: string;
        readonly spanId: string;
        readonly name: string;
      }[];
    }[];
  }[];
}

/** What it does with a request: takes it, refuses it for now, or takes it and is gone before it has answered. */
type Mood = 'takes' | 'refuses' | 'hangs up';

const refusals = 0.04;
const hangUps = 0.02;

/**
 * All that listen to Faultline by HTTP: subscribers by webhook and a collector of traces. Writes down every request with
 * what it was answered; as in life, some are refused and of some the answer is lost.
 */
export class Audience {
  readonly #server = createServer((request, answer) => {
    // Whoever was killed while it told something has told nothing.
    this.#hear(request, answer).catch(() => answer.destroy());
  });
  readonly #logs: ReturnType<typeof audienceLogs>;
  readonly #random: WorldRandom;

  private constructor(folder: string, random: WorldRandom) {
    this.#logs = audienceLogs(folder);
    this.#random = random;
  }

  /** On a free port of 127.0.0.1. */
  static async start(folder: string, random: WorldRandom): Promise<Audience> {
    const audience = new Audience(folder, random);
    await listenOnLoopback(audience.#server);
    return audience;
  }

  /** Subscribers are at `/webhooks/<name>`, the collector at `/v1/traces`. */
  get url(): string {
    return `http://127.0.0.1:${portOf(this.#server)}`;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #hear(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await text(request);
    const [, subscriber] = /^\/webhooks\/(.+)$/.exec(request.url ?? '') ?? [];
    const mood = this.#mood();
    const status = mood === 'takes' ? 200 : mood === 'refuses' ? 503 : null;
    if (subscriber === undefined) this.#noteSpans(body, status);
    else this.#noteDelivery(request, { subscriber, body, status });
    if (status === null) answer.destroy();
    else answer.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  }

  #mood(): Mood {
    const draw = this.#random.next();
    if (draw < refusals) return 'refuses';
    return draw < refusals + hangUps ? 'hangs up' : 'takes';
  }

  #noteDelivery({ headers }: IncomingMessage, seen: object): void {
    const line = {
      at: Date.now(),
      id: headers['webhook-id'],
      timestamp: headers['webhook-timestamp'],
      signature: headers['webhook-signature'],
      topic: headers['ce-topic'],
      ...seen,
    };
    appendFileSync(this.#logs.deliveries, `${JSON.stringify(line)}\n`);
  }

  #noteSpans(body: string, status: number | null): void {
    const { resourceSpans } = JSON.parse(body) as OtlpSpans;
    for (const { scopeSpans } of resourceSpans) {
      for (const { spans } of scopeSpans) {
        for (const { traceId, spanId, name } of spans) {
          const line = { at: Date.now(), traceId, spanId, name, status };
          appendFileSync(this.#logs.spans, `${JSON.stringify(line)}\n`);
        }
      }
    }
  }
}
