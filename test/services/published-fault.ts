import type { NewRecord } from '../../adapters/ports/event-log.js';
import { bundledSchemaIds } from '../../adapters/schema-registry/bundled.js';
import { eventIdOf } from '../../domain/event-number.js';
import type { NodeKey } from '../../domain/identifiers.js';
import { cloudEventHeaders } from '../../schemas/cloud-events.js';
import { encodeEvent } from '../../schemas/codec.js';
import { frame } from '../../schemas/wire-format.js';

const schemaIds = bundledSchemaIds();

export const idOf = (node: string, version: number): string =>
  eventIdOf(node as NodeKey, { epoch: 1, version }, 'FaultChanged');

/** A record as maintenance publishes it. */
export async function fault(node: string, version: number, more: { type?: string; reason?: string } = {}) {
  const [cluster = '', name = ''] = node.split('/');
  const { type = 'DiskFailure', reason = null } = more;
  const body = encodeEvent('FaultChanged', {
    ...{ cluster, node: name, faultId: 'f', type, class: 'HARDWARE', change: 'OPENED', at: 1, openedAt: 1 },
    ...{ openedBy: 'r', sources: [], causedBy: null, bootId: null, processId: null, reason },
  });
  const headers = cloudEventHeaders({
    ...{ event: 'FaultChanged', id: idOf(node, version), source: '/faultline/t/maintenance', time: 1 },
    ...{ subject: node, sequence: { epoch: 1, version } },
  });
  const value = frame(await schemaIds.idOf('FaultChanged'), body);
  return { topic: 'fault.hardware', key: node, value, headers } satisfies NewRecord;
}
