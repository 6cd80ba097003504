import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { Kafka, logLevel, type KafkaConfig, type SASLOptions } from 'kafkajs';
import { Client } from 'pg';

import type { Configuration, EventLogConfiguration } from '../configuration/configuration.js';
import { readSecret } from '../configuration/secret.js';
import type { DoctorCheck } from '../forms/doctor.js';
import type { Terminal } from '../terminal.js';
import { attempt } from './check.js';

const connectTimeoutMs = 5000;

/** The nearest folder upward that is there already: in it the rest is made. */
function existing(folder: string): string {
  const absolute = resolve(folder);
  return existsSync(absolute) || dirname(absolute) === absolute ? absolute : existing(dirname(absolute));
}

function checkFolder(folder: string): Promise<DoctorCheck> {
  const next = 'give installation.dataFolder a folder that this user may write';
  return attempt(`embedded database: write ${folder}`, next, () => {
    accessSync(existing(folder), constants.W_OK | constants.X_OK);
    return Promise.resolve('writable');
  });
}

async function askPostgres(configuration: Configuration, terminal: Terminal): Promise<string> {
  const { journal } = configuration;
  if (journal.kind === 'embedded') return 'embedded';
  const password =
    journal.password === undefined ? {} : { password: readSecret(journal.password, terminal.environment) };
  const client = new Client({
    connectionString: journal.connection,
    connectionTimeoutMillis: connectTimeoutMs,
    ...password,
  });
  // A connection that breaks also rejects the query that waits for it.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string; create: boolean }>(
      `SELECT current_setting('server_version') AS version,
              has_database_privilege(current_database(), 'CREATE') AS "create"`,
    );
    const [row] = rows;
    if (row?.create !== true) throw new Error('this user may not create schemas in the database');
    return `PostgreSQL ${row.version}`;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The journal, and the folder of what is embedded. */
export function checkJournal(configuration: Configuration, terminal: Terminal): Promise<DoctorCheck> {
  if (configuration.journal.kind === 'embedded') return checkFolder(configuration.dataFolder);
  const { host } = new URL(configuration.journal.connection);
  const next = 'check journal.connection and its password, and GRANT CREATE ON DATABASE to its user';
  return attempt(`journal: PostgreSQL at ${host}`, next, () => askPostgres(configuration, terminal));
}

type KafkaLog = Extract<EventLogConfiguration, { readonly kind: 'kafka' }>;

function tlsOf({ tls }: KafkaLog): Pick<KafkaConfig, 'ssl'> {
  if (tls === undefined) return {};
  const read = (path: string | undefined) => (path === undefined ? undefined : readFileSync(path, 'utf8'));
  const ca = read(tls.certificateAuthorityFile);
  const cert = read(tls.certificateFile);
  const key = read(tls.keyFile);
  return {
    ssl: {
      ...(ca === undefined ? {} : { ca: [ca] }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
  };
}

function saslOf({ sasl }: KafkaLog, terminal: Terminal): Pick<KafkaConfig, 'sasl'> {
  if (sasl === undefined) return {};
  const { mechanism, username } = sasl;
  const password = readSecret(sasl.password, terminal.environment);
  const options: SASLOptions =
    mechanism === 'plain'
      ? { mechanism, username, password }
      : mechanism === 'scram-sha-256'
        ? { mechanism, username, password }
        : { mechanism, username, password };
  return { sasl: options };
}

async function askKafka(log: KafkaLog, terminal: Terminal): Promise<string> {
  const kafka = new Kafka({
    brokers: [...log.brokers],
    clientId: 'faultline-doctor',
    connectionTimeout: connectTimeoutMs,
    retry: { retries: 0 },
    logLevel: logLevel.NOTHING,
    ...tlsOf(log),
    ...saslOf(log, terminal),
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { brokers, clusterId } = await admin.describeCluster();
    const topics = await admin.listTopics();
    return `cluster ${clusterId}, ${brokers.length} brokers, ${topics.length} topics`;
  } finally {
    await admin.disconnect();
  }
}

/** Kafka; nothing when the log is embedded, since the journal's check speaks for it. */
export async function checkEventLog(
  { eventLog }: Configuration,
  terminal: Terminal,
): Promise<readonly DoctorCheck[]> {
  if (eventLog.kind === 'embedded') return [];
  const next = 'check eventLog.brokers, tls and sasl, and the advertised listeners of the brokers';
  const what = `event log: Kafka at ${eventLog.brokers.join(', ')}`;
  return [await attempt(what, next, () => askKafka(eventLog, terminal))];
}
