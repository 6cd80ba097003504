import { KafkaEventLog } from '../../adapters/kafka/event-log.js';
import type { EventLog } from '../../adapters/ports/event-log.js';
import { openPostgresEventLog, type PostgresEventLog } from '../../adapters/postgres/event-log/event-log.js';
import { topicsOf } from '../../schemas/catalog.js';
import type { Configuration } from '../configuration/configuration.js';
import { dependency, type Dependency } from './dependency.js';
import { journalOf } from './journal-connection.js';
import { kafkaAccess, kafkaOf } from './kafka-access.js';
import type { Surroundings } from './surroundings.js';

/** What a clock that jumps has to know of a log. */
export interface WatchedLog {
  /** What producers (and, where it knows of them, members of groups) in this process are just doing. */
  underWay(): number;
  /** Records that the members of a group in this process have not handled yet. */
  unread(group: string): Promise<bigint>;
}

/** Connects at its first use. */
export function openKafka(
  { eventLog }: Configuration,
  surroundings: Pick<Surroundings, 'log' | 'environment'>,
): KafkaEventLog {
  if (eventLog.kind !== 'kafka') throw new TypeError('the event log is not Kafka');
  const { sessionTimeoutMs } = eventLog;
  return new KafkaEventLog({
    ...kafkaAccess(eventLog, surroundings.environment),
    ...(sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs }),
    onTrouble: (message) => {
      surroundings.log.warn({ system: 'kafka' }, message);
    },
  });
}

function eventLogOf({ eventLog, path }: Configuration, connectionString: string): Dependency {
  return eventLog.kind === 'kafka'
    ? kafkaOf(eventLog, path)
    : { ...journalOf({ path }, connectionString), what: 'event log (PostgreSQL)' };
}

export interface OpenEventLog {
  readonly eventLog: EventLog & WatchedLog;
  /** The same log, where it is the embedded one. */
  readonly embeddedLog: PostgresEventLog | undefined;
}

/** Opens the log and makes its topics; `opened` is told how to close it as soon as there is something to close. */
export async function openEventLog(
  configuration: Configuration,
  surroundings: Surroundings,
  connectionString: string,
  opened: (close: () => Promise<void>) => void,
): Promise<OpenEventLog> {
  const { clock, log } = surroundings;
  const onTrouble = (message: string): void => {
    log.warn({ system: 'event log' }, message);
  };
  const embeddedLog =
    configuration.eventLog.kind === 'embedded'
      ? await dependency(eventLogOf(configuration, connectionString), () =>
          openPostgresEventLog({ connectionString, clock, onTrouble }),
        )
      : undefined;
  const eventLog = embeddedLog ?? openKafka(configuration, surroundings);
  opened(() => eventLog.close());
  await dependency(eventLogOf(configuration, connectionString), async () => {
    await eventLog.identify();
    await eventLog.ensureTopics(topicsOf(configuration.eventLog.partitions));
  });
  return { eventLog, embeddedLog };
}
