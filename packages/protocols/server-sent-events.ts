import { createParser } from 'eventsource-parser';

/** One server-sent event; without data it only says from where to go on. */
export interface ServerSentEvent {
  /** The last one given, by this event or before. */
  readonly id: string;
  readonly name: string;
  readonly data: string;
}

/** The events in a body of type text/event-stream, as the HTML standard reads them. */
export async function* serverSentEvents(body: AsyncIterable<Uint8Array>): AsyncIterable<ServerSentEvent> {
  const decoder = new TextDecoder();
  const come: ServerSentEvent[] = [];
  let last = '';
  const parser = createParser({
    onEvent: ({ id, event = 'message', data }) => {
      last = id ?? last;
      come.push({ id: last, name: event, data });
    },
  });
  for await (const chunk of body) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* come.splice(0);
  }
}
