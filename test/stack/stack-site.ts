import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka, type KafkaStack } from '../../stack/kafka.js';
import { removePostgres, startPostgres } from '../../stack/postgres.js';
import { startSchemaRegistry, type SchemaRegistryStack } from '../../stack/schema-registry.js';

/** What a test started, undone in reverse order also when something fails on the way. */
export class Cleanups {
  readonly #steps: (() => Promise<unknown>)[] = [];

  add(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  /** Runs every step, also after one that failed; rejects with all that went wrong. */
  async run(): Promise<void> {
    const problems: unknown[] = [];
    for (const step of this.#steps.splice(0).reverse()) {
      await step().catch((problem: unknown) => problems.push(problem));
    }
    if (problems.length > 0) throw new AggregateError(problems, 'not everything could be cleaned up');
  }
}

/** Where a test keeps its files, and what it has to undo. */
export interface Place {
  readonly folder: string;
  readonly cleanups: Cleanups;
}

/** An empty folder that goes with the cleanups. */
export async function makePlace(cleanups: Cleanups): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-stack-'));
  cleanups.add(() => rm(folder, { recursive: true, force: true }));
  return { folder, cleanups };
}

/** The part of the real stack that holds data; clusters come beside it. */
export interface Site extends Place {
  readonly kafka: KafkaStack;
  readonly registry: SchemaRegistryStack;
  readonly connectionString: string;
}

/** Kafka, registry and PostgreSQL, empty, with a folder of their own. What fails half-way is in `cleanups` already. */
export async function startSite(cleanups: Cleanups): Promise<Site> {
  const { folder } = await makePlace(cleanups);
  const [kafka, registry, postgres] = await Promise.all([
    startKafka({ folder: join(folder, 'kafka') }).then((started) => {
      cleanups.add(() => started.stop());
      return started;
    }),
    startSchemaRegistry({ folder: join(folder, 'schema-registry') }).then((started) => {
      cleanups.add(() => started.stop());
      return started;
    }),
    startPostgres({ folder: join(folder, 'postgres') }).then((started) => {
      cleanups.add(async () => {
        await started.stop();
        await removePostgres(join(folder, 'postgres'));
      });
      return started;
    }),
  ]);
  return { folder, kafka, registry, connectionString: postgres.connectionString, cleanups };
}

const operations = ['isolate', 'migrate', 'delete-pods', 'restart-component', 'power', 'reimage'];

/** A password may stand in the connection only where its file is: the configuration refuses it. */
async function journalOf(site: Site): Promise<object> {
  const connection = new URL(site.connectionString);
  const { password } = connection;
  if (password === '') return { kind: 'postgres', connection: connection.href };
  const passwordFile = join(site.folder, 'postgres.password');
  await writeFile(passwordFile, decodeURIComponent(password), { mode: 0o600 });
  connection.password = '';
  return { kind: 'postgres', connection: connection.href, passwordFile };
}

/** Keeps everything in the site's Kafka and PostgreSQL. */
async function storesOf(site: Site): Promise<object> {
  return {
    eventLog: { kind: 'kafka', partitions: 4, brokers: site.kafka.bootstrapServers },
    journal: await journalOf(site),
    schemaRegistry: { kind: 'confluent', url: site.registry.url, register: true },
  };
}

/**
 * Writes a `faultline.yaml` with waits short enough for a test: for a site's stores, or for the embedded ones where
 * there is none. Resolves with its path.
 */
export async function writeConfiguration(place: Place | Site, clusters: readonly object[]): Promise<string> {
  const path = join(place.folder, 'faultline.yaml');
  const configuration = {
    ...('kafka' in place ? await storesOf(place) : {}),
    installation: { dataFolder: 'data' },
    http: { listen: '127.0.0.1:0' },
    clusters,
    mode: { default: 'active' },
    detector: { leaseStaleAfter: '40s', leaseCheckEvery: '2s', inventoryRefreshEvery: '2s' },
    sourcesSettleTime: { default: '2s' },
    guard: {
      operations: Object.fromEntries(operations.map((name) => [name, { share: 1, rate: 100, per: '1m' }])),
    },
    drivers: { redfish: { requestTimeout: '5s', observeEvery: '1s', observeDeadline: '1m' } },
    recipe: {
      workloadCheck: '2s',
      verifyInterval: '2s',
      healthyObservations: 2,
      evacuationDeadline: '15s',
      minimumNotice: '5s',
      whenOverdue: 'delete',
      bootDeadline: '2m',
      verifyDeadline: '2m',
    },
  };
  await writeFile(path, JSON.stringify(configuration, null, 2));
  return path;
}
