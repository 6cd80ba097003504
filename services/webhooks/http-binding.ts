/** A request as CloudEvents has it. */
export interface BoundEvent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Header values are printable ASCII; the rest, and what would be taken for an encoding, is percent-encoded. */
function headerValue(value: unknown): string {
  return String(value).replaceAll(/[^\x21\x23\x24\x26-\x7e]/gu, (character) =>
    [...Buffer.from(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
}

function contentOf({ data, data_base64: bytes }: Readonly<Record<string, unknown>>): Buffer {
  if (typeof bytes === 'string') return Buffer.from(bytes, 'base64');
  return data === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(data));
}

const content = new Set(['data', 'data_base64', 'datacontenttype']);

/**
 * CloudEvents 1.0 over HTTP, binary mode: attributes are headers, the body is the data.
 * @param json structured form of one event of ours
 * @param replayId marks an event that comes again because somebody asked for it
 */
export function binaryMode(json: string, replayId?: string): BoundEvent {
  const event = JSON.parse(json) as Readonly<Record<string, unknown>>;
  const attributes = Object.entries(event).filter(([name]) => !content.has(name));
  const { datacontenttype, traceparent } = event;
  return {
    headers: {
      'content-type': String(datacontenttype),
      ...Object.fromEntries(attributes.map(([name, value]) => [`ce-${name}`, headerValue(value)])),
      ...(traceparent === undefined ? {} : { traceparent: headerValue(traceparent) }),
      ...(replayId === undefined ? {} : { 'ce-replay': replayId }),
    },
    body: contentOf(event),
  };
}
