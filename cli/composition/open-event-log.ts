import { readFileSync } from 'node:fs';

import type { ClusterAccess } from '../../adapters/kafka/client-settings.js';
import { KafkaEventLog } from '../../adapters/kafka/event-log.js';
import type { EventLog } from '../../adapters/ports/event-log.js';
import { openPostgresEventLog, type PostgresEventLog } from '../../adapters/postgres/event-log/event-log.js';
import { topicsOf } from '../../schemas/catalog.js';
import type { Configuration } from '../configuration/configuration.js';
import { readSecret } from '../configuration/secret.js';
import { dependency, type Dependency } from './dependency.js';
import { journalOf } from './journal-connection.js';
import type { Environment, Surroundings } from './surroundings.js';

/** What a clock that jumps has to know of a log. */
export interface WatchedLog {
  /** What producers (and, where it knows of them, members of groups) in this process are just doing. */
  underWay(): number;
  /** Records that the members of a group in this process have not handled yet. */
  unread(group: string): Promise<bigint>;
}

export type KafkaConfiguration = Extract<Configuration['eventLog'], { readonly kind: 'kafka' }>;
type Sasl = NonNullable<KafkaConfiguration['sasl']>;

function saslOf({ mechanism, username }: Sasl, password: string): NonNullable<ClusterAccess['sasl']> {
  if (mechanism === 'plain') return { mechanism, username, password };
  if (mechanism === 'scram-sha-256') return { mechanism, username, password };
  return { mechanism, username, password };
}

function tlsOf({ tls }: KafkaConfiguration): Pick<ClusterAccess, 'ssl'> {
  if (tls === undefined) return {};
  const read = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : readFileSync(path, 'utf8');
  const ca = read(tls.certificateAuthorityFile);
  const cert = read(tls.certificateFile);
  const key = read(tls.keyFile);
  return {
    ssl: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
  };
}

/** Where the configured Kafka is, and with which credentials it is asked. */
export function kafkaAccess(eventLog: KafkaConfiguration, environment: Environment): ClusterAccess {
  const { sasl } = eventLog;
  return {
    brokers: eventLog.brokers,
    clientId: 'faultline',
    ...tlsOf(eventLog),
    ...(sasl === undefined ? {} : { sasl: saslOf(sasl, readSecret(sasl.password, environment)) }),
  };
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

/** What is named when Kafka does not answer. */
export function kafkaOf({ brokers }: KafkaConfiguration, path: string): Dependency {
  return {
    what: 'event log (Kafka)',
    where: brokers.join(','),
    next: `start Kafka or mend eventLog in ${path}; \`faultline doctor\` tries every connection`,
  };
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
