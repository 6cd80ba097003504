import { readFileSync } from 'node:fs';

import type { OpenJournal } from '../../adapters/journal/options.js';
import { KafkaEventLog, type KafkaEventLogOptions } from '../../adapters/kafka/event-log.js';
import { accessFromKubeconfig, accessFromServiceAccount } from '../../adapters/kubernetes/access.js';
import { connectCluster, type ConnectedCluster } from '../../adapters/kubernetes/cluster.js';
import type { Clock, Randomness } from '../../adapters/ports/clock.js';
import type { EventLog } from '../../adapters/ports/event-log.js';
import type { Log } from '../../adapters/ports/log.js';
import type { SchemaIds } from '../../adapters/ports/schema-ids.js';
import { openPostgresEventLog, type PostgresEventLog } from '../../adapters/postgres/event-log/event-log.js';
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
import { connectionStringOf, journalOf, openJournal } from './journal-connection.js';
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

/** What a clock that jumps has to know of a log. */
export interface WatchedLog {
  /** What producers (and, where it knows of them, members of groups) in this process are just doing. */
  underWay(): number;
  /** Records that the members of a group in this process have not handled yet. */
  unread(group: string): Promise<bigint>;
}

/** Everything outside that one process of Faultline holds on to. */
export interface Connections {
  readonly eventLog: EventLog & WatchedLog;
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

function clusterOf({ path }: Configuration, { name, access }: ClusterConfiguration): Dependency {
  return {
    what: `cluster ${name}`,
    where: access.kind === 'inCluster' ? 'its service account' : access.path,
    next: `mend the cluster's kubeconfig in ${path}; \`faultline doctor\` tries every connection`,
  };
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
    const eventLog = embeddedLog ?? openKafka(configuration, surroundings);
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
