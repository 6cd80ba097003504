import type { NewRecord } from '../../adapters/ports/event-log.js';
import { eventIdOf } from '../../domain/event-number.js';
import type { NodeKey } from '../../domain/identifiers.js';
import { stateTopic } from '../../schemas/catalog.js';
import { cloudEventHeaders } from '../../schemas/cloud-events.js';
import { encodeEvent } from '../../schemas/codec.js';
import type { NodeStatePayload } from '../../schemas/events/node-state.js';
import { coverageHeader, coverageText, writerHeader, type Coverage } from '../../schemas/state-coverage.js';
import { frame } from '../../schemas/wire-format.js';

/** Who tells of states. */
export interface StateWriter {
  /** `/faultline/<installation>/node-states` */
  readonly source: string;
  /** Of the journal. */
  readonly epoch: number;
  /** This run, so that it knows its own records from those of another. */
  readonly run: string;
  /** Of NodeState, in the registry. */
  readonly schemaId: number;
}

/** The same state always has the same id. @param covered absent: nothing is said of what is in the states */
export function stateRecord(
  { source, epoch, run, schemaId }: StateWriter,
  { node, payload }: { readonly node: NodeKey; readonly payload: NodeStatePayload },
  covered?: Coverage,
): NewRecord {
  const sequence = { epoch, version: payload.factVersion };
  const headers = cloudEventHeaders({
    event: 'NodeState',
    id: eventIdOf(node, sequence, 'NodeState'),
    source,
    time: payload.changedAt,
    subject: node,
    sequence,
    ...(payload.process === null ? {} : { correlationId: payload.process.processId }),
  });
  return {
    topic: stateTopic,
    key: node,
    value: frame(schemaId, encodeEvent('NodeState', payload)),
    headers: {
      ...headers,
      [writerHeader]: run,
      ...(covered === undefined || covered.size === 0 ? {} : { [coverageHeader]: coverageText(covered) }),
    },
  };
}
