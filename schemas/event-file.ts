import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import avro, { type Schema } from 'avsc';
import type { EventName } from './event-payloads.js';
import { schemaOf } from './codec.js';

export interface EventFile {
  /** Resolves when there is room for more. Throws when a payload does not fit the schema. */
  write(payloads: readonly object[]): Promise<void>;
  /** Resolves when all of it is written. */
  close(): Promise<void>;
}

/** A new Avro object container file with events of one kind, in the bundled schema. Rejects when the file is there. */
export async function createEventFile(path: string, event: EventName): Promise<EventFile> {
  const file = createWriteStream(path, { flags: 'wx' });
  await once(file, 'open');
  // avsc declares its own shape of a schema; ours was read from a file and is checked by this very call.
  const encoder = new avro.streams.BlockEncoder(schemaOf(event) as unknown as Schema);
  encoder.pipe(file);
  return {
    write: async (payloads) => {
      for (const payload of payloads) if (!encoder.write(payload)) await once(encoder, 'drain');
    },
    close: async () => {
      encoder.end();
      await finished(file);
    },
  };
}
