import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka, type KafkaOptions, type KafkaStack } from './kafka.js';
import { removePostgres, startPostgres } from './postgres.js';
import { startSchemaRegistry, type SchemaRegistryStack } from './schema-registry.js';

/** What was started, undone in reverse order also when something fails on the way. */
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

/** Where whoever started a stack keeps its files, and what it has to undo. */
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
  /** The server's first process; its others are its children. */
  readonly postgresPid: number;
}

/**
 * Kafka, registry and PostgreSQL, empty, with a folder of their own. What fails half-way is in `cleanups` already.
 * `options` are Kafka's.
 */
export async function startSite(
  cleanups: Cleanups,
  options: Pick<KafkaOptions, 'users'> = {},
): Promise<Site> {
  const { folder } = await makePlace(cleanups);
  const [kafka, registry, postgres] = await Promise.all([
    startKafka({ ...options, folder: join(folder, 'kafka') }).then((started) => {
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
  const { connectionString, pid: postgresPid } = postgres;
  return { folder, kafka, registry, connectionString, postgresPid, cleanups };
}

/** Section `journal` of a configuration. A password may stand only in a file of its own: the configuration refuses it elsewhere. */
export async function journalSection(site: Pick<Site, 'connectionString' | 'folder'>): Promise<object> {
  const connection = new URL(site.connectionString);
  const { password } = connection;
  if (password === '') return { kind: 'postgres', connection: connection.href };
  const passwordFile = join(site.folder, 'postgres.password');
  await writeFile(passwordFile, decodeURIComponent(password), { mode: 0o600 });
  connection.password = '';
  return { kind: 'postgres', connection: connection.href, passwordFile };
}
