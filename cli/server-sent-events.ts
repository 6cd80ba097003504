/** One server-sent event; without data it only says from where to go on. */
export interface ServerSentEvent {
  /** The last one given, by this event or before. */
  readonly id: string;
  readonly name: string;
  readonly data: string;
}

function fieldOf(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':');
  if (colon < 0) return [line, ''];
  const value = line.slice(colon + 1);
  return [line.slice(0, colon), value.startsWith(' ') ? value.slice(1) : value];
}

/** The events in a body of type text/event-stream, as the HTML standard reads them. */
export async function* serverSentEvents(body: AsyncIterable<Uint8Array>): AsyncIterable<ServerSentEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let id = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = block.split('\n').map(fieldOf);
      const valuesOf = (name: string): readonly string[] =>
        fields.filter(([field]) => field === name).map(([, value]) => value);
      id = valuesOf('id').at(-1) ?? id;
      yield { id, name: valuesOf('event').at(-1) ?? 'message', data: valuesOf('data').join('\n') };
    }
  }
}
