const magic = 0;
const headerBytes = 5;

/** Confluent's wire format: a zero byte, the schema id as four bytes (big-endian), the Avro bytes. */
export function frame(schemaId: number, body: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(headerBytes + body.length);
  framed.writeUInt8(magic, 0);
  framed.writeUInt32BE(schemaId, 1);
  body.copy(framed, headerBytes);
  return framed;
}

/** Undefined: not in that format. */
export function unframe(value: Buffer): { readonly schemaId: number; readonly body: Buffer } | undefined {
  if (value.length < headerBytes || value.readUInt8(0) !== magic) return undefined;
  return { schemaId: value.readUInt32BE(1), body: value.subarray(headerBytes) };
}
