/** What a record shares with the others of its batch, in KafkaJS's form. */
export interface BatchContext {
  readonly firstOffset?: string;
  readonly firstTimestamp?: string;
  readonly maxTimestamp?: string;
  readonly magicByte?: number;
  readonly isControlBatch?: boolean;
  /** 1: the broker's time of appending, which is then `maxTimestamp` for all of them. */
  readonly timestampType?: number;
}

type HeaderValue = Buffer | Buffer[] | null;

const logAppendTime = 1;

/**
 * A record in Kafka's format (message format 2: varints in zigzag, lengths before bytes, -1 for null), as KafkaJS gives
 * it. Key and value are views on the bytes that came; headers are read when somebody asks for them.
 */
export class DecodedRecord {
  readonly magicByte: number | undefined;
  readonly attributes: number;
  readonly timestamp: string;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly isControlRecord: boolean;
  readonly batchContext: BatchContext;
  readonly #reader: VarIntReader;
  readonly #headersAt: number;
  #headers: Readonly<Record<string, HeaderValue>> | undefined;

  constructor(bytes: Buffer, context: BatchContext) {
    const reader = new VarIntReader(bytes);
    this.magicByte = context.magicByte;
    this.attributes = reader.byte();
    this.timestamp = timestampOf(context, reader.varInt());
    this.offset = sumOf(context.firstOffset, reader.varInt());
    this.key = reader.bytes();
    this.value = reader.bytes();
    this.isControlRecord = context.isControlBatch === true;
    this.batchContext = context;
    this.#reader = reader;
    this.#headersAt = reader.at;
  }

  get headers(): Readonly<Record<string, HeaderValue>> {
    this.#headers ??= this.#readHeaders();
    return this.#headers;
  }

  /** A header that was given several times has all its values, in order. */
  #readHeaders(): Readonly<Record<string, HeaderValue>> {
    const reader = this.#reader;
    reader.at = this.#headersAt;
    const headers = new Map<string, HeaderValue>();
    for (let left = reader.varInt(); left > 0; left -= 1) {
      const name = reader.bytes()?.toString('utf8') ?? '';
      const value = reader.bytes();
      const before = headers.get(name);
      if (before === undefined) headers.set(name, value);
      else
        headers.set(
          name,
          [before, value].flat().filter((one) => one !== null),
        );
    }
    return Object.fromEntries(headers);
  }
}

class VarIntReader {
  readonly #buffer: Buffer;
  at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  /** Signed. */
  byte(): number {
    const byte = this.#buffer.readInt8(this.at);
    this.at += 1;
    return byte;
  }

  /** Up to 53 bits. By arithmetic and not by shifts, which have 32. */
  varInt(): number {
    let sum = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#buffer[this.at];
      if (byte === undefined) throw new RangeError(`a record of ${this.#buffer.length} bytes ends too early`);
      this.at += 1;
      sum += (byte & 0x7f) * scale;
      if (byte < 0x80) return sum % 2 === 0 ? sum / 2 : -(sum + 1) / 2;
    }
  }

  bytes(): Buffer | null {
    const length = this.varInt();
    if (length < 0) return null;
    const end = this.at + length;
    if (end > this.#buffer.length) {
      throw new RangeError(`a record of ${this.#buffer.length} bytes should go on to byte ${end}`);
    }
    const bytes = this.#buffer.subarray(this.at, end);
    this.at = end;
    return bytes;
  }
}

function timestampOf({ firstTimestamp, maxTimestamp, timestampType }: BatchContext, delta: number): string {
  const isBrokers = timestampType === logAppendTime && maxTimestamp !== undefined && maxTimestamp !== '';
  return isBrokers ? maxTimestamp : sumOf(firstTimestamp, delta);
}

function sumOf(first = '0', delta: number): string {
  const sum = Number(first) + delta;
  return Number.isSafeInteger(sum) ? String(sum) : String(BigInt(first) + BigInt(delta));
}
