import type { NodeKey } from '../../domain/identifiers.js';
import type { NodeState } from '../../domain/node-state.js';
import type { LostRecords } from '../../domain/signal.js';
import type { NewOutboxEntry, OutboxWriter } from '../ports/journal.js';
import type { LostInput } from './options.js';

/** Nodes about which something was going on: what was lost may have been about them. */
export function isConcerned({ process, faults }: NodeState): boolean {
  return process !== undefined || Object.keys(faults).length > 0;
}

/** Tells each of these nodes, once, that input was lost. */
export function lostSignals(
  writer: OutboxWriter,
  nodes: readonly NodeKey[],
  lost: LostRecords,
  noticed: { readonly at: number; readonly logEpoch: number },
): readonly NewOutboxEntry[] {
  const { group, topic, partition, from, to } = lost;
  const what = `lost ${noticed.logEpoch} ${group} ${topic}/${partition} ${from}-${to ?? ''}`;
  return nodes.map((node) =>
    writer.signal(node, { kind: 'InputLost', lost }, { id: `${what} ${node}`, at: noticed.at }),
  );
}

export function asLostRecords({ group, topic, partition, from, to }: LostInput): LostRecords {
  return { group, topic, partition, from: Number(from), to: Number(to) };
}
