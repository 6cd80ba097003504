import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { OpenJournal } from '../../adapters/journal/options.js';
import { KafkaEventLog, type KafkaEventLogOptions } from '../../adapters/kafka/event-log.js';
import { accessFromKubeconfig, accessFromServiceAccount } from '../../adapters/kubernetes/access.js';
import { connectCluster, type ConnectedCluster } from '../../adapters/kubernetes/cluster.js';
import type { Clock, Randomness } from '../../adapters/ports/clock.js';
import type { EventLog } from '../../adapters/ports/event-log.js';
import type { Log } from '../../adapters/ports/log.js';
import type { SchemaIds } from '../../adapters/ports/schema-ids.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../adapters/postgres/embedded-server.js';
import { openPostgresEventLog, type PostgresEventLog } from '../../adapters/postgres/event-log/event-log.js';
import { openPostgresJournal } from '../../adapters/postgres/journal.js';
import type { BmcAddress, BmcDirectory } from '../../adapters/redfish/bmc-directory.js';
import {
  createRedfishPowerController,
  type RedfishPowerController,
} from '../../adapters/redfish/power-controller.js';
import { bundledSchemaIds } from '../../adapters/schema-registry/bundled.js';
import { confluentSchemaIds } from '../../adapters/schema-registry/confluent.js';
import {
  createWebhookMachineActions,
  type WebhookMachineActions,
} from '../../adapters/webhook/machine-actions.js';
import { createWebhookTicketSystem, type WebhookTicketSystem } from '../../adapters/webhook/ticket-system.js';
import { topicsOf } from '../../schemas/catalog.js';
import { dependency, type Dependency } from './dependency.js';
import { lateOutboxWriter } from './late-outbox-writer.js';
import { createOutboxWriter } from '../../services/maintenance/publish/outbox-writer.js';
import type {
  BmcConfiguration,
  ClusterConfiguration,
  Configuration,
  WebhookConfiguration,
} from '../configuration/configuration.js';
import { readSecret } from '../configuration/secret.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Surroundings {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  /** The log of one service. */
  readonly logOf: (service: string) => Log;
  readonly environment: Environment;
  /** Of Faultline. */
  readonly version: string;
}

/** Everything outside that one process of Faultline holds on to. */
export interface Connections {
  readonly eventLog: EventLog;
  /** The embedded log can tell what is still unread; Kafka's is asked by its tools. */
  readonly embeddedLog: PostgresEventLog | undefined;
  readonly journal: OpenJournal;
  readonly schemaIds: SchemaIds;
  readonly clusters: ReadonlyMap<string, ConnectedCluster>;
  readonly power: RedfishPowerController | undefined;
  readonly tickets: WebhookTicketSystem | undefined;
  readonly actions: WebhookMachineActions | undefined;
  /** In the reverse order of opening. */
  close(): Promise<void>;
}

/** How many relays can send at once. Fixed when a journal is made. */
const outboxPartitions = 4;

function openCluster(cluster: ClusterConfiguration, surroundings: Surroundings): ConnectedCluster {
  const { clock, randomness, environment, version } = surroundings;
  const access =
    cluster.access.kind === 'inCluster'
      ? accessFromServiceAccount(environment)
      : accessFromKubeconfig(cluster.access.path, cluster.access.context);
  return connectCluster({ cluster: cluster.name, access, clock, randomness, version });
}

function addressOf(
  bmc: BmcConfiguration,
  environment: Environment,
  own: { url?: string; systemPath?: string } = {},
): BmcAddress {
  return {
    baseUrl: (own.url ?? bmc.url).replace(/\/+$/, ''),
    systemPath: own.systemPath ?? bmc.systemPath,
    ...(bmc.credentials === undefined
      ? {}
      : { username: bmc.credentials.username, password: readSecret(bmc.credentials.password, environment) }),
  };
}

/** BMCs of all clusters; the template of a cluster holds for its own nodes only. */
function openPower(
  configuration: Configuration,
  environment: Environment,
): RedfishPowerController | undefined {
  const withBmc = configuration.clusters.filter((cluster) => cluster.bmc !== undefined);
  if (withBmc.length === 0) return undefined;
  const byNode: Record<string, BmcAddress> = {};
  const byCluster: Record<string, BmcAddress> = {};
  for (const { name, bmc } of withBmc) {
    if (bmc === undefined) continue;
    byCluster[name] = addressOf(bmc, environment);
    for (const [node, own] of Object.entries(bmc.nodes))
      byNode[`${name}/${node}`] = addressOf(bmc, environment, own);
  }
  const directory: BmcDirectory = { byNode, byCluster };
  return createRedfishPowerController({
    directory,
    timeoutMs: configuration.drivers.redfish.requestTimeoutMs,
    skipTlsVerify: withBmc.some((cluster) => cluster.bmc?.skipTlsVerify === true),
  });
}

function webhookOptions(webhook: WebhookConfiguration, environment: Environment) {
  return {
    baseUrl: webhook.url.replace(/\/+$/, ''),
    timeoutMs: webhook.requestTimeoutMs,
    ...(webhook.token === undefined ? {} : { token: readSecret(webhook.token, environment) }),
  };
}

function openSchemaIds({ schemaRegistry }: Configuration, surroundings: Surroundings): SchemaIds {
  if (schemaRegistry.kind === 'bundled') return bundledSchemaIds();
  const { url, register, credentials } = schemaRegistry;
  return confluentSchemaIds({
    url,
    register,
    clock: surroundings.clock,
    ...(credentials === undefined
      ? {}
      : {
          auth: {
            username: credentials.username,
            password: readSecret(credentials.password, surroundings.environment),
          },
        }),
  });
}

type Sasl = NonNullable<Extract<Configuration['eventLog'], { readonly kind: 'kafka' }>['sasl']>;

function saslOf({ mechanism, username }: Sasl, password: string): NonNullable<KafkaEventLogOptions['sasl']> {
  if (mechanism === 'plain') return { mechanism, username, password };
  if (mechanism === 'scram-sha-256') return { mechanism, username, password };
  return { mechanism, username, password };
}

function openKafka(configuration: Configuration, surroundings: Surroundings): KafkaEventLog {
  const { eventLog } = configuration;
  if (eventLog.kind !== 'kafka') throw new TypeError('the event log is not Kafka');
  const { tls, sasl } = eventLog;
  const read = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : readFileSync(path, 'utf8');
  const ca = read(tls?.certificateAuthorityFile);
  const cert = read(tls?.certificateFile);
  const key = read(tls?.keyFile);
  return new KafkaEventLog({
    brokers: eventLog.brokers,
    clientId: 'faultline',
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

async function connectionStringOf(
  configuration: Configuration,
  environment: Environment,
  opened: (close: () => Promise<void>) => void,
): Promise<string> {
  const { journal } = configuration;
  if (journal.kind === 'postgres') {
    if (journal.password === undefined) return journal.connection;
    const url = new URL(journal.connection);
    url.password = encodeURIComponent(readSecret(journal.password, environment));
    return url.href;
  }
  const dataFolder = join(configuration.dataFolder, 'postgres');
  const server: EmbeddedPostgres = await dependency(
    {
      what: 'embedded database',
      where: dataFolder,
      next: `stop what else uses this folder, or name another one as installation.dataFolder in ${configuration.path}`,
    },
    () => startEmbeddedPostgres({ dataFolder, durability: journal.durability }),
  );
  opened(() => server.stop());
  return server.connectionString;
}

/** Without credentials, which do not belong on a terminal. */
function addressOfDatabase(connectionString: string): string {
  const { hostname, port, pathname } = new URL(connectionString);
  return `${hostname}:${port === '' ? '5432' : port}${pathname}`;
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

function journalOf({ path }: Pick<Configuration, 'path'>, connectionString: string): Dependency {
  return {
    what: 'journal (PostgreSQL)',
    where: addressOfDatabase(connectionString),
    next: `start PostgreSQL or mend journal in ${path}; \`faultline doctor\` tries every connection`,
  };
}

function clusterOf({ path }: Configuration, { name, access }: ClusterConfiguration): Dependency {
  return {
    what: `cluster ${name}`,
    where: access.kind === 'inCluster' ? 'its service account' : access.path,
    next: `mend the cluster's kubeconfig in ${path}; \`faultline doctor\` tries every connection`,
  };
}

async function openJournal(
  configuration: Configuration,
  { clock, randomness, log }: Pick<Surroundings, 'clock' | 'randomness' | 'log'>,
  connectionString: string,
): Promise<OpenJournal> {
  const late = lateOutboxWriter();
  const journal = await dependency(journalOf(configuration, connectionString), () =>
    openPostgresJournal({
      connectionString,
      clock,
      randomness,
      partitionCount: configuration.eventLog.partitions,
      outboxPartitions,
      writer: late.writer,
      // One process owns the folder of an embedded server.
      alone: configuration.journal.kind === 'embedded',
      onInputLost: ({ group, topic, partition, from, to }) => {
        log.error(
          { group, topic, partition, from: String(from), to: String(to) },
          'the log dropped records before they were read: every node that something goes on about is told and all are observed anew; keep input topics longer than the longest outage',
        );
      },
    }),
  );
  try {
    const { id, epoch } = await journal.journal.installation();
    late.use(createOutboxWriter({ source: `/faultline/${id}/maintenance`, epoch }));
    return journal;
  } catch (error) {
    await journal.close();
    throw error;
  }
}

/** Opens the journal alone, for what an operator does to it as a whole, and closes it again. */
export async function withJournal<Result>(
  configuration: Configuration,
  surroundings: Pick<Surroundings, 'clock' | 'randomness' | 'log' | 'environment'>,
  work: (journal: OpenJournal) => Promise<Result>,
): Promise<Result> {
  const closers: (() => Promise<void>)[] = [];
  try {
    const connectionString = await connectionStringOf(configuration, surroundings.environment, (close) =>
      closers.unshift(close),
    );
    const journal = await openJournal(configuration, surroundings, connectionString);
    closers.unshift(() => journal.close());
    return await work(journal);
  } finally {
    for (const close of closers) await close();
  }
}

/**
 * Opens everything that the configuration names. What was opened is closed again when something else can't be; the
 * error says which dependency, where, and what to do.
 */
export async function openConnections(
  configuration: Configuration,
  surroundings: Surroundings,
): Promise<Connections> {
  const closers: (() => Promise<void>)[] = [];
  const opened = (close: () => Promise<void>): void => void closers.unshift(close);
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0)) await closer();
  };
  try {
    const { clock, environment, log } = surroundings;
    // What only reads files comes first: nothing is started for an installation that can't run.
    const clusters = new Map<string, ConnectedCluster>();
    opened(async () => {
      await Promise.all([...clusters.values()].map((cluster) => cluster.close()));
    });
    for (const cluster of configuration.clusters) {
      const open = (): ConnectedCluster => openCluster(cluster, surroundings);
      clusters.set(cluster.name, await dependency(clusterOf(configuration, cluster), open));
    }
    const connectionString = await connectionStringOf(configuration, environment, opened);
    const onTrouble = (message: string): void => {
      log.warn({ system: 'event log' }, message);
    };
    const embeddedLog =
      configuration.eventLog.kind === 'embedded'
        ? await dependency(eventLogOf(configuration, connectionString), () =>
            openPostgresEventLog({ connectionString, clock, onTrouble }),
          )
        : undefined;
    const eventLog: EventLog = embeddedLog ?? openKafka(configuration, surroundings);
    opened(() => eventLog.close());
    await dependency(eventLogOf(configuration, connectionString), async () => {
      await eventLog.identify();
      await eventLog.ensureTopics(topicsOf(configuration.eventLog.partitions));
    });
    const journal = await openJournal(configuration, surroundings, connectionString);
    opened(() => journal.close());
    const power = openPower(configuration, environment);
    const { tickets: ticketHook, actions: actionHook } = configuration.drivers;
    const tickets =
      ticketHook === undefined
        ? undefined
        : createWebhookTicketSystem(webhookOptions(ticketHook, environment));
    const actions =
      actionHook === undefined
        ? undefined
        : createWebhookMachineActions(webhookOptions(actionHook, environment));
    for (const driver of [power, tickets, actions]) if (driver !== undefined) opened(() => driver.close());
    return {
      eventLog,
      embeddedLog,
      journal,
      schemaIds: openSchemaIds(configuration, surroundings),
      clusters,
      power,
      tickets,
      actions,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
