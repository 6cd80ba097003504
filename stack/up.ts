import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exclusively, provide } from './cache.js';
import { nodeProblemDetectorRecipe, pythonRecipe, stackRecipes } from './component-recipes.js';
import { kafkaClassesRecipe, startKafka } from './kafka.js';
import { provideKcat } from './kcat.js';
import { startKubernetes } from './kubernetes.js';
import { removePostgres, startPostgres, stopPostgres } from './postgres.js';
import { missingFor } from './prerequisites.js';
import { progress } from './progress.js';
import { startRedfish } from './redfish.js';
import { schemaRegistryClassesRecipe, startSchemaRegistry } from './schema-registry.js';
import {
  ledgerFile,
  readEndpoints,
  recordedProcesses,
  writeEndpoints,
  type Endpoints,
} from './stack-state.js';
import { isRunning, keepRunning, stopRecorded } from './supervised.js';

/** Something that the user has to get or change; the message is all there is to say. */
export class StackRefused extends Error {
  override readonly name = 'StackRefused';
}

/** Sixteen machines, named like the nodes that a test would make for them. */
const systems = Array.from({ length: 16 }, (_, index) => ({
  uuid: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  name: `node-${String(index).padStart(4, '0')}`,
}));

/** Builds whatever is missing. @throws StackRefused naming every missing program, a line each */
export async function provideAll(): Promise<void> {
  const missing = await missingFor(stackRecipes);
  if (missing.length > 0) throw new StackRefused(missing.join('\n'));
  for (const recipe of [...stackRecipes, kafkaClassesRecipe, schemaRegistryClassesRecipe])
    await provide(recipe);
  await provideKcat();
}

async function started<Stack>(what: string, start: Promise<Stack>): Promise<Stack> {
  const begin = Date.now();
  const stack = await start;
  progress(`${what} is ready after ${((Date.now() - begin) / 1000).toFixed(1)} s`);
  return stack;
}

async function startAll(folder: string, brokers: 1 | 3): Promise<Endpoints> {
  const [kafka, registry, postgres, kubernetes, redfish] = await Promise.all([
    started('Kafka', startKafka({ brokers, folder: join(folder, 'kafka') })),
    started('schema registry', startSchemaRegistry({ folder: join(folder, 'schema-registry') })),
    started('PostgreSQL', startPostgres({ folder: join(folder, 'postgres') })),
    started('Kubernetes', startKubernetes({ name: 'stack', folder: join(folder, 'kubernetes') })),
    started('Redfish', startRedfish({ systems, folder: join(folder, 'redfish') })),
  ]);
  await postgres.release();
  return {
    kafka: { bootstrapServers: kafka.bootstrapServers },
    schemaRegistry: { url: registry.url },
    postgres: { connectionString: postgres.connectionString },
    kubernetes: {
      name: kubernetes.name,
      server: kubernetes.server,
      kubeconfig: kubernetes.kubeconfig,
      faultlineKubeconfig: kubernetes.kubeconfigOf('faultline'),
      worldKubeconfig: kubernetes.kubeconfigOf('world'),
      auditLog: kubernetes.auditLog,
      kubectl: kubernetes.kubectlProgram,
    },
    redfish: { url: redfish.url, systems: redfish.systems },
    programs: {
      nodeProblemDetector: join(await provide(nodeProblemDetectorRecipe), 'bin', 'node-problem-detector'),
      python: join(await provide(pythonRecipe), 'bin', 'python'),
      kcat: await provideKcat(),
    },
  };
}

/** Stops what earlier runs started in this folder, newest first, and nothing else. Idempotent. */
export async function down(folder: string): Promise<void> {
  for (const record of [...(await recordedProcesses(folder))].reverse()) {
    if (!isRunning(record)) continue;
    progress(`stopping ${record.name} (process ${record.pid})`);
    await stopRecorded(record);
  }
  await stopPostgres(join(folder, 'postgres'));
  await rm(ledgerFile(folder), { force: true });
  await rm(join(folder, 'endpoints.json'), { force: true });
}

/**
 * Starts everything with empty data and leaves it running. Does nothing if it all runs already; if only part of it does, that part is
 * stopped first.
 *
 * @throws StackRefused if a program is missing
 */
export async function up(folder: string, brokers: 1 | 3): Promise<Endpoints> {
  await mkdir(dirname(folder), { recursive: true });
  return exclusively(`${folder}.lock`, `"stack up" in ${folder}`, () => upAlone(folder, brokers));
}

async function upAlone(folder: string, brokers: 1 | 3): Promise<Endpoints> {
  const endpoints = await readEndpoints(folder);
  const records = await recordedProcesses(folder);
  if (endpoints !== undefined && records.length > 0 && records.every(isRunning)) return endpoints;
  await provideAll();
  await down(folder);
  await removePostgres(join(folder, 'postgres'));
  await rm(folder, { recursive: true, force: true });
  // PostgreSQL runs as another user if we are root, who must be able to walk through here.
  await mkdir(folder, { recursive: true, mode: 0o755 });
  keepRunning(ledgerFile(folder));
  try {
    const fresh = await startAll(folder, brokers);
    await writeEndpoints(folder, fresh);
    return fresh;
  } catch (problem) {
    await down(folder);
    throw problem;
  }
}
