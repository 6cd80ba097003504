import { outboxPartitionOf } from '../../journal/digests.js';
import { storableText } from '../../../schemas/storable-text.js';
import { storableJson } from '../../journal/storable.js';
import type { NewOutboxEntry } from '../../ports/journal.js';
import type { Statement } from './database.js';

/** The statement that writes these entries, in their order. */
export function insertOutbox(entries: readonly NewOutboxEntry[], partitions: number): Statement {
  return {
    name: 'outbox-insert',
    text: `INSERT INTO journal.outbox (outbox_partition, topic, key, event, body, headers, when_sent)
      SELECT outbox_partition, topic, key, event, body, headers, when_sent
      FROM unnest($1::smallint[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::jsonb[], $7::jsonb[])
        WITH ORDINALITY AS entry (outbox_partition, topic, key, event, body, headers, when_sent, place)
      ORDER BY place`,
    values: outboxColumns(entries, partitions),
  };
}

/** Partition, topic, key, event, body, headers and what is sent on acknowledgement, one array per column. */
export function outboxColumns(entries: readonly NewOutboxEntry[], partitions: number): readonly unknown[] {
  return [
    entries.map(({ key }) => outboxPartitionOf(key, partitions)),
    entries.map(({ topic }) => topic),
    entries.map(({ key }) => storableText(key)),
    entries.map(({ event }) => event ?? null),
    entries.map(({ body }) => body ?? null),
    entries.map(({ headers }) => storableJson(headers)),
    entries.map(({ whenSent }) => (whenSent === undefined ? null : storableJson(whenSent))),
  ];
}
