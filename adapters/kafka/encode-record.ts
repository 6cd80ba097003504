/** What KafkaJS gives to be encoded: its own form of a message. */
export interface EncodableRecord {
  readonly offsetDelta?: number;
  readonly timestampDelta?: number;
  readonly key?: Buffer | string | null;
  readonly value?: Buffer | string | null;
  readonly headers?: Readonly<Record<string, Buffer | string>>;
}

type Bytes = Buffer | string | null | undefined;

/**
 * A record in Kafka's format (message format 2: varints in zigzag, lengths before bytes, -1 for null), in one buffer.
 * Times within one request differ by less than 2^30 ms.
 */
export function encodeRecord(record: EncodableRecord): Buffer {
  const { offsetDelta = 0, timestampDelta = 0, key, value, headers = {} } = record;
  const parts: Bytes[] = [key, value];
  for (const name of Object.keys(headers)) parts.push(name, headers[name]);
  const sizes = parts.map(sizeOf);
  const headerCount = (parts.length - 2) / 2;
  let body = 1 + varIntBytes(timestampDelta) + varIntBytes(offsetDelta) + varIntBytes(headerCount);
  for (const size of sizes) body += varIntBytes(size) + Math.max(size, 0);
  const buffer = Buffer.allocUnsafe(varIntBytes(body) + body);
  const attributes = putVarInt(buffer, 0, body);
  // None of a single record are in use.
  buffer[attributes] = 0;
  let at = putVarInt(buffer, attributes + 1, timestampDelta);
  at = putVarInt(buffer, at, offsetDelta);
  for (const [index, part] of parts.entries()) {
    if (index === 2) at = putVarInt(buffer, at, headerCount);
    at = putBytes(buffer, at, part, sizes[index] ?? -1);
  }
  if (headerCount === 0) putVarInt(buffer, at, 0);
  return buffer;
}

function sizeOf(bytes: Bytes): number {
  if (bytes === null || bytes === undefined) return -1;
  return typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length;
}

function putBytes(buffer: Buffer, start: number, bytes: Bytes, size: number): number {
  const at = putVarInt(buffer, start, size);
  if (typeof bytes === 'string') buffer.write(bytes, at, size, 'utf8');
  else bytes?.copy(buffer, at);
  return at + Math.max(size, 0);
}

function zigZag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

function varIntBytes(value: number): number {
  let bytes = 1;
  for (let left = zigZag(value) >>> 7; left > 0; left >>>= 7) bytes += 1;
  return bytes;
}

function putVarInt(buffer: Buffer, start: number, value: number): number {
  let at = start;
  let left = zigZag(value);
  for (; left > 0x7f; left >>>= 7) buffer[at++] = (left & 0x7f) | 0x80;
  buffer[at++] = left;
  return at;
}
