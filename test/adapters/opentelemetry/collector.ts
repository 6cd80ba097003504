import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as OTLP's JSON has it. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly [member: string]: unknown;
}

interface TraceRequest {
  readonly resourceSpans: readonly {
    readonly resource: {
      readonly attributes: readonly { readonly value: { readonly stringValue: string } }[];
    };
    readonly scopeSpans: readonly { readonly spans: readonly CollectedSpan[] }[];
  }[];
}

/** Stands in for an OpenTelemetry collector: takes OTLP over HTTP, in JSON, and keeps what it took. */
export interface Collector {
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** Name and version of each service that sent some. */
  readonly services: readonly string[];
  readonly authorizations: readonly (string | undefined)[];
  /** Answers with this status from now on; only with 200 are spans taken. */
  answer(status: number): void;
  /** Idempotent. */
  close(): Promise<void>;
}

export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const services: string[] = [];
  const authorizations: (string | undefined)[] = [];
  let status = 200;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      if (status === 200) {
        authorizations.push(request.headers.authorization);
        // The form is OTLP's; whoever reads what is kept looks at each member.
        const sent = JSON.parse(Buffer.concat(parts).toString()) as TraceRequest;
        for (const { resource, scopeSpans } of sent.resourceSpans) {
          services.push(resource.attributes.map(({ value }) => value.stringValue).join(' '));
          spans.push(...scopeSpans.flatMap((scope) => scope.spans));
        }
      }
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1/traces`,
    spans,
    services,
    authorizations,
    answer: (next) => {
      status = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}
