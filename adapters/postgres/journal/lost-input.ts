import type { NodeKey } from '../../../domain/identifiers.js';
import type { LostRecords } from '../../../domain/signal.js';
import { asLostRecords, lostSignals } from '../../journal/lost-input.js';
import type { LostInput } from '../../journal/options.js';
import type { JournalContext } from './context.js';
import type { Statement, Transaction } from './database.js';
import { storeOffset } from './offsets.js';
import { insertOutbox } from './outbox-rows.js';

/**
 * Signals on this topic that were sent and never read go out once more: so of what was lost only that is gone which
 * others had written. One that was read after all is known by its cause.
 */
export function sendAgain(topic: string): Statement {
  return {
    text: `UPDATE journal.outbox AS stored SET sent_at = NULL
      WHERE stored.topic = $1 AND stored.event = 'Signal' AND stored.sent_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM journal.input_seen AS seen WHERE seen.cause_id::text = lower(stored.headers ->> 'ce_id')
      )`,
    values: [topic],
  };
}

/** Every node that something is going on about, told that this was lost. */
export async function tellLost(
  { options }: JournalContext,
  transaction: Transaction,
  lost: readonly LostRecords[],
  at: number,
): Promise<readonly Statement[]> {
  const [epoch] = await transaction.query<{ log_epoch: number }>({
    text: 'SELECT log_epoch FROM journal.installation',
  });
  const rows = await transaction.query<{ node_key: NodeKey }>({
    text: `SELECT node_key FROM journal.node_state
      WHERE state ? 'process' OR state -> 'faults' <> '{}' ORDER BY node_key`,
  });
  const nodes = rows.map(({ node_key: node }) => node);
  const noticed = { at, logEpoch: epoch?.log_epoch ?? 0 };
  const entries = lost.flatMap((records) => lostSignals(options.writer, nodes, records, noticed));
  return entries.length === 0 ? [] : [insertOutbox(entries, options.outboxPartitions)];
}

/** All that is written when the log had dropped records before they were read. */
export async function writeLost(
  context: JournalContext,
  transaction: Transaction,
  lost: LostInput,
): Promise<readonly Statement[]> {
  const { group, topic, partition, from, to, noticedAt } = lost;
  return [
    {
      text: `INSERT INTO journal.lost_input (consumer_group, topic, log_partition, from_offset, to_offset, noticed_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
      values: [group, topic, partition, from.toString(), to.toString(), noticedAt],
    },
    storeOffset({ group, topic, partition }, to),
    sendAgain(topic),
    ...(await tellLost(context, transaction, [asLostRecords(lost)], noticedAt)),
  ];
}
