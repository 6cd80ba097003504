import type { JournalReader } from '../../adapters/postgres/journal-reader.js';
import { catalog } from '../../schemas/catalog.js';
import { eventSource } from '../../schemas/cloud-events.js';
import type { JournalSpan } from '../../services/journal-events.js';
import { republish, ResumePointUnknown, type Republished } from '../../services/republish.js';
import type { Configuration } from '../configuration/configuration.js';
import { CommandFailed } from '../errors.js';
import { dependency } from './dependency.js';
import { withHistory } from './journal-history.js';
import { kafkaOf } from './kafka-access.js';
import { openKafka } from './open-event-log.js';
import { openSchemaIds } from './open-schema-ids.js';
import type { JournalSurroundings } from './journal-connection.js';

export interface Republishing {
  readonly to: string;
  readonly run: string;
  readonly after?: string;
  readonly interrupted: AbortSignal;
  readonly onProgress: (progress: Republished) => void;
  readonly spanOf: (reader: JournalReader) => Promise<JournalSpan>;
}

/** Sends events of the configured journal once more, to a topic of its own in the configured Kafka. */
export async function republishJournal(
  configuration: Configuration,
  surroundings: JournalSurroundings,
  { spanOf, ...wanted }: Republishing,
): Promise<Republished> {
  const { eventLog: configured, path } = configuration;
  if (configured.kind !== 'kafka') {
    throw new CommandFailed(
      'Usage',
      `the event log of ${path} is embedded: nobody else reads its topics`,
      'name a configuration whose eventLog.kind is kafka, or read with `faultline events --config`',
    );
  }
  refuseOwnTopic(wanted.to);
  const eventLog = openKafka(configuration, surroundings);
  try {
    await dependency(kafkaOf(configured, path), () => eventLog.bounds(wanted.to));
    return await withHistory(configuration, surroundings.environment, async (reader) =>
      republish({
        ...wanted,
        eventLog,
        history: reader.history,
        source: eventSource(reader.installation.id, 'maintenance'),
        schemaIds: await openSchemaIds(configuration, surroundings),
        span: await spanOf(reader),
      }),
    );
  } catch (error) {
    if (!(error instanceof ResumePointUnknown)) throw error;
    throw new CommandFailed(
      'NotFound',
      error.message,
      'give the same filters as the run that was interrupted',
    );
  } finally {
    await eventLog.close();
  }
}

/** Whoever reads those acts on them, and Faultline itself reads some. */
function refuseOwnTopic(to: string): void {
  if (!catalog.some(({ topic }) => topic === to)) return;
  throw new CommandFailed(
    'Refused',
    `${to} is a live topic: all its subscribers would hear once more what was long ago`,
    'make a topic of its own for it, and give that to who wants the history',
  );
}
