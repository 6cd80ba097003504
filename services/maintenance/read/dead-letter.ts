import type { LogRecord } from '../../../adapters/ports/event-log.js';
import type { NewOutboxEntry } from '../../../adapters/ports/journal.js';
import { deadLetterTopic } from '../../../schemas/catalog.js';
import { storableText } from '../../../schemas/storable-text.js';

/** Header values are stored on their way: what is not storable there is replaced, the value itself never. */
const maximumReason = 1_000;

/**
 * A record that can't be processed, as it goes to `<topic>.dlt`: bytes and headers untouched, with where, why and
 * when added. The same record gives the same entry.
 */
export function deadLetterEntry(
  record: LogRecord,
  { reason, at }: { readonly reason: string; readonly at: number },
): NewOutboxEntry {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(record.headers))
    headers.set(storableText(name), storableText(value));
  return {
    topic: deadLetterTopic(record.topic),
    key: storableText(
      record.key === undefined || record.key === '' ? `${record.topic}/${record.partition}` : record.key,
    ),
    body: record.value,
    headers: {
      ...Object.fromEntries(headers),
      dlt_topic: record.topic,
      dlt_partition: String(record.partition),
      dlt_offset: String(record.offset),
      dlt_reason: storableText(reason.slice(0, maximumReason)),
      dlt_at: new Date(at).toISOString(),
    },
  };
}
