import type { Place } from '../adapters/ports/event-log.js';

/** Where a record is, or may come to be. */
export interface LogPlace extends Place {
  readonly offset: bigint;
}

/** `<topic>/<partition>/<offset>`; undefined: it is none. */
export function parseLogPlace(text: string): LogPlace | undefined {
  const parts = /^([a-z][a-z.-]*)\/(\d{1,9})\/(\d{1,18})$/.exec(text);
  if (parts === null) return undefined;
  const [, topic = '', partition, offset = ''] = parts;
  return { topic, partition: Number(partition), offset: BigInt(offset) };
}
