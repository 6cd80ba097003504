/** One message of PostgreSQL's protocol, whole. */
export interface Frame {
  /** One letter; empty for a client's first message. */
  readonly type: string;
  readonly bytes: Buffer;
}

/** Cuts a stream of bytes into the messages of PostgreSQL's protocol, version 3. */
export class FrameCutter {
  #rest: Buffer = Buffer.alloc(0);
  #expectsStartup: boolean;

  /** A client's first message has no type. */
  constructor(from: 'client' | 'server') {
    this.#expectsStartup = from === 'client';
  }

  /** The messages that are whole now. */
  cut(chunk: Buffer): readonly Frame[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    for (;;) {
      const head = this.#expectsStartup ? 0 : 1;
      if (this.#rest.length < head + 4) return frames;
      const length = head + this.#rest.readUInt32BE(head);
      if (this.#rest.length < length) return frames;
      const bytes = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      this.#expectsStartup = false;
      frames.push({ type: head === 0 ? '' : String.fromCharCode(bytes[0] ?? 0), bytes });
    }
  }
}

/** Texts that end with a zero byte, from a place in the message on. */
function textsOf(bytes: Buffer, count: number): readonly string[] {
  const texts: string[] = [];
  let start = 5;
  while (texts.length < count) {
    const end = bytes.indexOf(0, start);
    if (end < 0) break;
    texts.push(bytes.toString('utf8', start, end));
    start = end + 1;
  }
  return texts;
}

/** Follows what one client has prepared, and tells which statement a message makes the server run. */
export class StatementReader {
  readonly #prepared = new Map<string, string>();

  /** Text of the statement; undefined for messages that run none. */
  read({ type, bytes }: Frame): string | undefined {
    if (type === 'P') {
      const [name = '', text = ''] = textsOf(bytes, 2);
      this.#prepared.set(name, text);
      return undefined;
    }
    if (type === 'B') return this.#prepared.get(textsOf(bytes, 2)[1] ?? '');
    return type === 'Q' ? textsOf(bytes, 1)[0] : undefined;
  }
}

/** What a server says has been done, as `COMMIT`; undefined for its other messages. */
export function completedBy({ type, bytes }: Frame): string | undefined {
  return type === 'C' ? textsOf(bytes, 1)[0] : undefined;
}
