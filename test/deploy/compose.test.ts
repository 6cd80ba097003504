import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../cli/commands/run.js';
import { serviceNames } from '../../cli/composition/service-names.js';
import { loadConfiguration } from '../../cli/configuration/load.js';
import { processTerminal } from '../../cli/terminal.js';
import { onlyDocument, repository, type Part } from './repository-files.js';

const compose = onlyDocument('docker-compose.yml');
const configuration = loadConfiguration(join(repository, 'deploy/compose/faultline.yaml'));
const scratch = mkdtempSync(join(tmpdir(), 'faultline-compose-'));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

const services = compose.each('services');
const ownServices = services.filter(([, service]) => service.has('build'));
const brokers = services.filter(([name]) => name.startsWith('kafka-'));

function secretsOf(service: Part): readonly string[] {
  return service.each('secrets').map(([, secret]) => secret.text());
}

/** `FROM:TO[:ro]` of the bind mounts and named volumes. */
function mountsOf(service: Part): readonly { readonly from: string; readonly to: string }[] {
  return service.each('volumes').map(([, mount]) => {
    const [from = '', to = ''] = mount.text().split(':');
    return { from, to };
  });
}

function onlyOf(service: Part): readonly string[] {
  const command = service.at('command').texts();
  return (command[command.indexOf('--only') + 1] ?? '').split(',');
}

describe('docker-compose.yml', () => {
  it('follows the Compose Specification', () => {
    const schema: unknown = JSON.parse(readFileSync(join(import.meta.dirname, 'compose-spec.json'), 'utf8'));
    if (typeof schema !== 'object' || schema === null) throw new TypeError('the schema is no object');
    // It names its dialect with https, which ajv knows with http only.
    const { $schema: _dialect, ...rules } = { $schema: undefined, ...schema };
    const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
    const valid = ajv.compile(rules);
    valid(compose.value);
    expect(valid.errors ?? []).toEqual([]);
    expect(valid({ services: { relay: { imagine: 'misspelt' } } })).toBe(false);
  });

  it('runs every service that Faultline has, each in one place', () => {
    const started = ownServices.flatMap(([, service]) => onlyOf(service));
    expect(started.toSorted()).toEqual([...serviceNames].toSorted());
  });

  it.each(ownServices)('gives %s arguments that faultline takes', (_name, service) => {
    const [command, ...args] = service.at('command').texts();
    expect(command).toBe('run');
    const { operands, unknown } = runCommand(processTerminal()).parseOptions([...args]);
    expect({ operands, unknown }).toEqual({ operands: [], unknown: [] });
    const config = args[args.indexOf('--config') + 1] ?? '';
    expect(mountsOf(service)).toContainEqual({ from: './deploy/compose/faultline.yaml', to: config });
  });

  it.each(services)('mounts into %s only what is there', (_name, service) => {
    for (const { from } of mountsOf(service)) {
      if (from.startsWith('.')) expect(existsSync(join(repository, from)), from).toBe(true);
      else expect(compose.at('volumes').has(from), from).toBe(true);
    }
    for (const secret of secretsOf(service)) expect(compose.at('secrets').has(secret), secret).toBe(true);
    for (const [name] of service.each('depends_on')) expect(compose.at('services').has(name)).toBe(true);
  });

  it.each(services)('knows when %s is well', (_name, service) => {
    expect(service.at('healthcheck', 'test').texts().length).toBeGreaterThan(1);
  });

  it('publishes intake and console, to the host alone, and asks each service for /readyz', () => {
    const published = services.flatMap(([name, service]) =>
      service.each('ports').map(([, port]) => `${name} ${port.text()}`),
    );
    const port = String(configuration.http.port);
    expect(published).toEqual([`intake-console 127.0.0.1:${port}:${port}`]);
    expect(configuration.http.host).toBe('0.0.0.0');
    for (const [, service] of ownServices)
      expect(service.at('healthcheck', 'test').texts().join(' ')).toContain(`:${port}/readyz`);
  });
});

describe('deploy/compose/faultline.yaml', () => {
  it('observes until somebody says otherwise', () => {
    expect(configuration.clusters.map(({ mode }) => mode)).toEqual(['observe']);
  });

  it('names the brokers, the database and the registry by their services and ports', () => {
    if (configuration.eventLog.kind !== 'kafka') throw new Error('the event log is not Kafka');
    const listening = brokers.map(([, broker]) =>
      broker.at('environment', 'KAFKA_ADVERTISED_LISTENERS').text().replace('PLAINTEXT://', ''),
    );
    expect(configuration.eventLog.brokers).toEqual(listening);
    if (configuration.journal.kind !== 'postgres') throw new Error('the journal is not PostgreSQL');
    const journal = new URL(configuration.journal.connection);
    const postgres = compose.at('services', journal.hostname, 'environment');
    expect(journal.username).toBe(postgres.at('POSTGRES_USER').text());
    expect(journal.pathname).toBe(`/${postgres.at('POSTGRES_DB').text()}`);
    if (configuration.schemaRegistry.kind !== 'confluent') throw new Error('there is no registry');
    expect(compose.at('services').has(new URL(configuration.schemaRegistry.url).hostname)).toBe(true);
  });

  it('points only at secrets that the service which needs them is given', () => {
    const source = readFileSync(configuration.path, 'utf8');
    const named = [...source.matchAll(/\/run\/secrets\/([\w.-]+)/g)].map(([, name]) => name);
    const console = compose.at('services', 'intake-console');
    expect(secretsOf(console).toSorted()).toEqual(named.toSorted());
    const needed = ['journal.password', 'kubeconfig'];
    for (const [name, service] of ownServices)
      expect(secretsOf(service), name).toEqual(expect.arrayContaining(needed));
  });
});

describe('the brokers', () => {
  it('are three in one quorum, hold three copies, and want two of them before they say yes', () => {
    const voters = brokers.map(([name, broker]) => {
      const id = broker.at('environment', 'KAFKA_NODE_ID').text();
      expect(broker.at('environment', 'KAFKA_ADVERTISED_LISTENERS').text()).toContain(`//${name}:`);
      return `${id}@${name}:9093`;
    });
    expect(voters).toHaveLength(3);
    for (const [, broker] of brokers) {
      const environment = broker.at('environment');
      expect(environment.at('KAFKA_CONTROLLER_QUORUM_VOTERS').text()).toBe(voters.join(','));
      expect(environment.at('KAFKA_DEFAULT_REPLICATION_FACTOR').text()).toBe('3');
      expect(environment.at('KAFKA_MIN_INSYNC_REPLICAS').text()).toBe('2');
      expect(Buffer.from(environment.at('CLUSTER_ID').text(), 'base64url')).toHaveLength(16);
    }
    expect(new Set(brokers.flatMap(([, broker]) => mountsOf(broker).map(({ from }) => from))).size).toBe(3);
  });
});

describe('make-secrets.sh', () => {
  const script = join(repository, 'deploy/compose/make-secrets.sh');

  it('makes exactly the files that the compose file names, for the containers and nobody else', () => {
    const kubeconfig = join(scratch, 'given.yaml');
    writeFileSync(kubeconfig, 'kind: Config\n');
    const folder = join(scratch, 'secrets');
    execFileSync(script, [kubeconfig, folder]);
    const wanted = compose.each('secrets').map(([, secret]) => basename(secret.at('file').text()));
    expect(readdirSync(folder).toSorted()).toEqual(wanted.toSorted());
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const password = readFileSync(join(folder, 'journal.password'), 'utf8');
    expect(password).toMatch(/^[0-9a-f]{48}\n$/);
    expect(readFileSync(join(folder, 'kubeconfig'), 'utf8')).toBe('kind: Config\n');

    writeFileSync(kubeconfig, 'kind: Config # newer\n');
    execFileSync(script, [kubeconfig, folder]);
    expect(readFileSync(join(folder, 'journal.password'), 'utf8')).toBe(password);
    expect(readFileSync(join(folder, 'kubeconfig'), 'utf8')).toContain('newer');
  });

  it('says what it needs when no kubeconfig is given', () => {
    const { status, stderr } = spawnSync(script, [], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toContain('KUBECONFIG');
  });
});
