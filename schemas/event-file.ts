import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import avro, { type Schema } from 'avsc';
import type { EventName } from './event-payloads.js';
import { schemaOf } from './codec.js';

/** Avro objects of one kind of event, on their way into a file or a pipe. */
export interface EventObjects {
  /** Resolves when there is room for more. Throws when a payload does not fit the schema. */
  write(payloads: readonly object[]): Promise<void>;
  /** Resolves when all of it is written. */
  close(): Promise<void>;
}

/** An Avro object container with events of one kind, in the bundled schema, into `destination`, which it ends. */
export function eventObjectsInto(destination: Writable, event: EventName): EventObjects {
  // avsc declares its own shape of a schema; ours was read from a file and is checked by this very call.
  const encoder = new avro.streams.BlockEncoder(schemaOf(event) as unknown as Schema);
  encoder.pipe(destination);
  return {
    write: async (payloads) => {
      for (const payload of payloads) if (!encoder.write(payload)) await once(encoder, 'drain');
    },
    close: async () => {
      encoder.end();
      await finished(destination);
    },
  };
}
