import { createHash } from 'node:crypto';
import { canonicalJson } from '../domain/json.js';
import type { AvroSchema } from './avro-files.js';

/** SHA-256 (hex) over the whole schema, docs included, however the file is laid out. */
export function fingerprint(schema: AvroSchema): string {
  return createHash('sha256').update(canonicalJson(schema)).digest('hex');
}
