import { checkUrl, requiredSecret, type Compilation } from './compilation.js';
import { compileCredentials } from './compile-clusters.js';
import type {
  ArchiveConfiguration,
  EventLogConfiguration,
  JournalConfiguration,
  SchemaRegistryConfiguration,
  TlsFiles,
} from './configuration.js';
import type { KeyPath } from './problems.js';
import type { ConfigurationFile } from './sections/whole-file.js';

/** A key that has no effect with this kind is refused: its writer believes that it has one. */
function refuse(
  context: Compilation,
  section: string,
  kind: string,
  given: Readonly<Record<string, unknown>>,
) {
  for (const [key, value] of Object.entries(given)) {
    if (value !== undefined) context.problem([section, key], `has no effect with kind: ${kind}; remove it`);
  }
}

type EventLogSection = ConfigurationFile['eventLog'];

function compileTls(context: Compilation, path: KeyPath, tls: NonNullable<EventLogSection['tls']>): TlsFiles {
  const paths = Object.entries(tls).map(([key, file]) => [key, context.path(file)] as const);
  if ((tls.certificateFile === undefined) !== (tls.keyFile === undefined)) {
    context.problem(path, 'certificateFile and keyFile belong together: give both or none');
  }
  return Object.fromEntries(paths);
}

function compileSasl(context: Compilation, sasl: NonNullable<EventLogSection['sasl']>) {
  const path = ['eventLog', 'sasl'];
  const password = context.secret(path, 'password', sasl.passwordFile, sasl.passwordFrom);
  return {
    mechanism: sasl.mechanism,
    username: sasl.username,
    password: requiredSecret(context, path, 'password', password),
  };
}

/** Heartbeats come every 3 s; whoever misses two of them in a row is not gone yet. */
const leastSessionMs = 10_000;

function compileSessionTimeout(context: Compilation, text: string): number {
  const path = ['eventLog', 'sessionTimeout'];
  const ms = context.duration(path, text);
  if (ms < leastSessionMs) context.problem(path, 'must be at least 10s: copies are heard every 3 s');
  return ms;
}

export function compileEventLog(context: Compilation, section: EventLogSection): EventLogConfiguration {
  const { kind, partitions, brokers, sessionTimeout, tls, sasl } = section;
  if (kind === 'embedded') {
    refuse(context, 'eventLog', kind, {
      tls,
      sasl,
      sessionTimeout,
      brokers: brokers.length > 0 ? brokers : undefined,
    });
    return { kind, partitions };
  }
  if (brokers.length === 0) context.problem(['eventLog', 'brokers'], 'kafka needs at least one host:port');
  brokers.forEach((broker, index) => {
    if (!/^(\[[0-9a-f:]+\]|[^:\s]+):[0-9]{1,5}$/i.test(broker)) {
      context.problem(['eventLog', 'brokers', index], `${JSON.stringify(broker)} is not host:port`);
    }
  });
  return {
    kind,
    partitions,
    brokers,
    ...(sessionTimeout === undefined
      ? {}
      : { sessionTimeoutMs: compileSessionTimeout(context, sessionTimeout) }),
    ...(tls === undefined ? {} : { tls: compileTls(context, ['eventLog', 'tls'], tls) }),
    ...(sasl === undefined ? {} : { sasl: compileSasl(context, sasl) }),
  };
}

export function compileJournal(
  context: Compilation,
  section: ConfigurationFile['journal'],
): JournalConfiguration {
  const { kind, durability, connection, passwordFile, passwordFrom } = section;
  if (kind === 'embedded') {
    refuse(context, 'journal', kind, { connection, passwordFile, passwordFrom });
    return { kind, durability: durability ?? 'safe' };
  }
  refuse(context, 'journal', kind, { durability });
  const password = context.secret(['journal'], 'password', passwordFile, passwordFrom);
  const url = connection !== undefined && URL.canParse(connection) ? new URL(connection) : undefined;
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol)) {
    context.problem(
      ['journal', 'connection'],
      'postgres needs a URL like postgres://user@host:5432/faultline',
    );
  } else if (url.password !== '') {
    context.problem(['journal', 'connection'], 'holds a password: use passwordFile or passwordFrom');
  }
  return { kind, connection: connection ?? '', ...(password === undefined ? {} : { password }) };
}

export function compileArchive(
  context: Compilation,
  { after, folder }: ConfigurationFile['archive'],
): ArchiveConfiguration {
  return {
    afterMs: context.duration(['archive', 'after'], after),
    ...(folder === undefined ? {} : { folder: context.path(folder) }),
  };
}

export function compileSchemaRegistry(
  context: Compilation,
  section: ConfigurationFile['schemaRegistry'],
): SchemaRegistryConfiguration {
  const { kind, url, register, username, passwordFile, passwordFrom, tokenFile, tokenFrom, tls } = section;
  const path = ['schemaRegistry'];
  if (kind === 'bundled') {
    refuse(context, 'schemaRegistry', kind, {
      url,
      username,
      passwordFile,
      passwordFrom,
      tokenFile,
      tokenFrom,
      tls,
      register: register ? true : undefined,
    });
    return { kind };
  }
  if (url === undefined)
    context.problem(['schemaRegistry', 'url'], 'confluent needs the URL of the registry');
  else checkUrl(context, ['schemaRegistry', 'url'], url);
  const credentials = compileCredentials(context, path, section);
  const token = context.secret(path, 'token', tokenFile, tokenFrom);
  if (credentials !== undefined && token !== undefined) {
    context.problem(path, 'has both a user and a token: keep one');
  }
  if (tls !== undefined && url?.startsWith('http:') === true) {
    context.problem([...path, 'tls'], 'has no effect with an http:// URL: write https://, or remove it');
  }
  return {
    kind,
    url: (url ?? '').replace(/\/+$/, ''),
    register,
    ...(credentials === undefined ? {} : { credentials }),
    ...(token === undefined ? {} : { token }),
    ...(tls === undefined ? {} : { tls: compileTls(context, [...path, 'tls'], tls) }),
  };
}
