import type { ServerResponse } from 'node:http';
import { once } from 'node:events';

import type { FastifyInstance } from 'fastify';

import type { EventLog } from '../../../adapters/ports/event-log.js';
import type { History } from '../../../adapters/ports/journal.js';
import type { EventStreams } from './event-streams.js';
import type { NodeLabels } from '../../node-labels.js';
import type { Present } from '../read-history.js';
import { writeSnapshot } from './snapshot.js';
import type { CuttableSink } from './subscriber-connection.js';
import { streamRequestOf } from './stream-request.js';

export interface EventRouteOptions {
  readonly streams: EventStreams;
  readonly history: Pick<History, 'facts' | 'states'>;
  readonly eventLog: Pick<EventLog, 'bounds' | 'read'>;
  readonly labels: Pick<NodeLabels, 'selecting'>;
  readonly present: Present;
  readonly onError: (error: unknown) => void;
}

function sinkOf(response: ServerResponse): CuttableSink {
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort();
  });
  return {
    signal: gone.signal,
    cut: () => {
      response.destroy();
    },
    write: (bytes) => {
      if (gone.signal.aborted || response.write(bytes)) return undefined;
      return once(response, 'drain', { signal: gone.signal }).then(
        () => undefined,
        () => undefined,
      );
    },
  };
}

/** `GET /v1/events`: what is published, as Server-Sent Events. */
export function eventRoutes(fastify: FastifyInstance, options: EventRouteOptions): void {
  const { streams, history, eventLog, labels, present, onError } = options;
  fastify.addHook('preClose', () => streams.stop());
  fastify.get<{ Querystring: Record<string, unknown> }>('/v1/events', async (request, reply) => {
    const lastEventId = request.headers['last-event-id'];
    const now = present.now();
    const wanted = await streamRequestOf(
      { query: request.query, ...(typeof lastEventId === 'string' ? { lastEventId } : {}) },
      { history, eventLog, labels, now },
    );
    streams.refuseIfFull();
    reply.hijack();
    const { raw: response } = reply;
    // The end of the connection is the end of the stream: a length before each write would be two more pieces to copy and send.
    response.useChunkedEncodingByDefault = false;
    response.writeHead(200, {
      connection: 'close',
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Proxies of this name would otherwise gather it.
      'x-accel-buffering': 'no',
    });
    response.flushHeaders();
    const sink = sinkOf(response);
    try {
      await streams.serve(wanted, sink, async (connection) => {
        if (!wanted.snapshot) return;
        await writeSnapshot({ history, ...present }, wanted.filter, { sink: connection, since: now });
      });
    } catch (error) {
      // The answer has begun: all that can be said is its end, after which the subscriber comes again.
      onError(error);
    }
    response.end();
  });
}
