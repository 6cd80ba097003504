import { readFileSync } from 'node:fs';

import { KafkaEventLog, type KafkaEventLogOptions } from '../../adapters/kafka/event-log.js';
import type { EventLog } from '../../adapters/ports/event-log.js';
import { openPostgresEventLog, type PostgresEventLog } from '../../adapters/postgres/event-log/event-log.js';
import { topicsOf } from '../../schemas/catalog.js';
import type { Configuration } from '../configuration/configuration.js';
import { readSecret } from '../configuration/secret.js';
import { dependency, type Dependency } from './dependency.js';
import { journalOf } from './journal-connection.js';
import type { Surroundings } from './surroundings.js';

/** What a clock that jumps has to know of a log. */
export interface WatchedLog {
  /** What producers (and, where it knows of them, members of groups) in this process are just doing. */
  underWay(): number;
  /** Records that the members of a group in this process have not handled yet. */
  unread(group: string): Promise<bigint>;
}

type Sasl = NonNullable<Extract<Configuration['eventLog'], { readonly kind: 'kafka' }>['sasl']>;

function saslOf({ mechanism, username }: Sasl, password: string): NonNullable<KafkaEventLogOptions['sasl']> {
  if (mechanism === 'plain') return { mechanism, username, password };
  if (mechanism === 'scram-sha-256') return { mechanism, username, password };
  return { mechanism, username, password };
}

/** Connects at its first use. */
export function openKafka(
  configuration: Configuration,
  surroundings: Pick<Surroundings, 'log' | 'environment'>,
): KafkaEventLog {
  const { eventLog } = configuration;
  if (eventLog.kind !== 'kafka') throw new TypeError('the event log is not Kafka');
  const { tls, sasl, sessionTimeoutMs } = eventLog;
  const read = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : readFileSync(path, 'utf8');
  const ca = read(tls?.certificateAuthorityFile);
  const cert = read(tls?.certificateFile);
  const key = read(tls?.keyFile);
  return new KafkaEventLog({
    brokers: eventLog.brokers,
    clientId: 'faultline',
    ...(sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs }),
    onTrouble: (message) => {
      surroundings.log.warn({ system: 'kafka' }, message);
    },
    ...(tls === undefined
      ? {}
      : {
          ssl: {
            ...(ca === undefined ? {} : { ca }),
            ...(cert === undefined ? {} : { cert }),
            ...(key === undefined ? {} : { key }),
          },
        }),
    ...(sasl === undefined
      ? {}
      : { sasl: saslOf(sasl, readSecret(sasl.password, surroundings.environment)) }),
  });
}

function eventLogOf({ eventLog, path }: Configuration, connectionString: string): Dependency {
  return eventLog.kind === 'kafka'
    ? {
        what: 'event log (Kafka)',
        where: eventLog.brokers.join(','),
        next: `start Kafka or mend eventLog in ${path}; \`faultline doctor\` tries every connection`,
      }
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
