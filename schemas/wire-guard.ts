import avro, { type Type } from 'avsc';

/** Bytes that are not what their schema says. */
export class BytesMalformed extends Error {
  override readonly name = 'BytesMalformed';
}

interface Cursor {
  readonly bytes: Buffer;
  position: number;
  depth: number;
}
type Walk = (cursor: Cursor) => void;

const maximumDepth = 64;

/**
 * Compiles a walk over encoded bytes that ends in time linear in their length, or throws BytesMalformed.
 *
 * Needed in front of avsc, which looks for the end of its buffer only after it has read everything: ten bytes that
 * announce an array of 2^50 items would keep it busy, and allocating, for ever.
 */
export function wireGuard(type: Type): (bytes: Buffer) => void {
  const walk = compile(type, new Map());
  return (bytes) => {
    const cursor = { bytes, position: 0, depth: 0 };
    walk(cursor);
    if (cursor.position !== bytes.length) {
      throw new BytesMalformed(`${bytes.length - cursor.position} bytes left over after the event`);
    }
  };
}

/** `known` ties the knot of recursive schemas: avsc gives each named type one object. */
function compile(type: Type, known: Map<Type, { walk: Walk }>): Walk {
  const earlier = known.get(type);
  if (earlier !== undefined) {
    return (cursor) => {
      earlier.walk(cursor);
    };
  }
  const slot: { walk: Walk } = { walk: () => undefined };
  known.set(type, slot);
  slot.walk = compileNew(type, known);
  return slot.walk;
}

function compileNew(type: Type, known: Map<Type, { walk: Walk }>): Walk {
  if (type instanceof avro.types.RecordType)
    return recordWalk(type.fields.map((field) => compile(field.type, known)));
  if (type instanceof avro.types.ArrayType) return blocksWalk(compile(type.itemsType, known));
  if (type instanceof avro.types.MapType) {
    const values: unknown = type.valuesType; // `any` in avsc's declarations
    if (!(values instanceof avro.Type)) throw new BytesMalformed('a map without type of its values');
    const value = compile(values, known);
    return blocksWalk((cursor) => {
      skipLengthPrefixed(cursor);
      value(cursor);
    });
  }
  if (type instanceof avro.types.UnwrappedUnionType || type instanceof avro.types.WrappedUnionType) {
    return unionWalk(type.types.map((branch) => compile(branch, known)));
  }
  if (type instanceof avro.types.EnumType) return enumWalk(type.symbols.length);
  if (type instanceof avro.types.FixedType) return fixedWalk(type.size);
  return primitiveWalk(type.typeName);
}

function primitiveWalk(typeName: string): Walk {
  switch (typeName) {
    case 'null':
      return () => undefined;
    case 'boolean':
      return fixedWalk(1);
    case 'int':
    case 'long':
      return (cursor) => void readLong(cursor);
    case 'float':
      return fixedWalk(4);
    case 'double':
      return fixedWalk(8);
    case 'string':
    case 'bytes':
      return skipLengthPrefixed;
    default:
      throw new BytesMalformed(`Avro type ${typeName} is not supported in events`);
  }
}

function recordWalk(fields: readonly Walk[]): Walk {
  return (cursor) => {
    cursor.depth += 1;
    if (cursor.depth > maximumDepth) throw new BytesMalformed(`records nested deeper than ${maximumDepth}`);
    for (const field of fields) field(cursor);
    cursor.depth -= 1;
  };
}

function blocksWalk(item: Walk): Walk {
  return (cursor) => {
    for (let count = readLong(cursor); count !== 0; count = readLong(cursor)) {
      if (count < 0) {
        count = -count;
        readLong(cursor);
      }
      for (let left = count; left > 0; left -= 1) {
        const before = cursor.position;
        item(cursor);
        // An item without bytes would make the announced count, not the length, the bound.
        if (cursor.position === before) throw new BytesMalformed('array of items without bytes');
      }
    }
  };
}

function unionWalk(branches: readonly Walk[]): Walk {
  return (cursor) => {
    const index = readLong(cursor);
    const branch = branches[index];
    if (branch === undefined) throw new BytesMalformed(`byte ${cursor.position}: no union branch ${index}`);
    branch(cursor);
  };
}

function enumWalk(symbols: number): Walk {
  return (cursor) => {
    const index = readLong(cursor);
    if (index < 0 || index >= symbols)
      throw new BytesMalformed(`byte ${cursor.position}: no enum symbol ${index}`);
  };
}

function fixedWalk(size: number): Walk {
  return (cursor) => {
    advance(cursor, size);
  };
}

function skipLengthPrefixed(cursor: Cursor): void {
  advance(cursor, readLong(cursor));
}

function advance(cursor: Cursor, size: number): void {
  if (size < 0 || size > cursor.bytes.length - cursor.position) {
    throw new BytesMalformed(`byte ${cursor.position}: ${size} bytes announced, the event ends before`);
  }
  cursor.position += size;
}

/** Zigzag varint. Beyond 2^53 the value is inexact, which is enough to see that it is out of any bound. */
function readLong(cursor: Cursor): number {
  let unsigned = 0;
  let factor = 1;
  for (let length = 0; length < 10; length += 1) {
    const byte = cursor.bytes[cursor.position];
    if (byte === undefined)
      throw new BytesMalformed(`byte ${cursor.position}: the event ends within a number`);
    cursor.position += 1;
    unsigned += (byte & 0x7f) * factor;
    if (byte < 0x80) return unsigned % 2 === 1 ? -(unsigned + 1) / 2 : unsigned / 2;
    factor *= 128;
  }
  throw new BytesMalformed(`byte ${cursor.position}: a number longer than ten bytes`);
}
