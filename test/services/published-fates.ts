import type { NewRecord } from '../../adapters/ports/event-log.js';
import { bundledSchemaIds } from '../../adapters/schema-registry/bundled.js';
import type { NodeKey, ReportId } from '../../domain/identifiers.js';
import { frame } from '../../schemas/wire-format.js';
import { createOutboxWriter } from '../../services/maintenance/publish/outbox-writer.js';

const schemaIds = bundledSchemaIds();
const writer = createOutboxWriter({ source: '/faultline/t/maintenance', epoch: 1 });

/** The one record by which maintenance accounts for reports that it decided together: one of each of these nodes. */
export async function fates(nodes: readonly string[]): Promise<NewRecord> {
  const [entry] = writer.fates(
    nodes.map((node) => ({
      ...{ reportId: `report-of-${node}` as ReportId, node: node as NodeKey, type: 'DiskFailure' },
      ...{ source: 'test', fate: 'repeated' as const, at: 1 },
    })),
  );
  if (entry === undefined) throw new Error('no report, no record');
  const { topic, key, headers, body } = entry;
  return {
    topic,
    key,
    headers,
    value: frame(await schemaIds.idOf('ReportsDecided'), body ?? Buffer.alloc(0)),
  };
}
