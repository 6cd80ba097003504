import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { provide } from './cache.js';
import { schemaRegistryRecipe } from './component-recipes.js';
import { quickJava, sharedClassesRecipe, withSharedClasses } from './quick-java.js';
import { launch, untilReady, type Supervised } from './supervised.js';

export interface SchemaRegistryStack {
  /** Base URL of the Confluent-compatible API, without a slash at the end. */
  readonly url: string;
  readonly process: Supervised;
  stop(): Promise<void>;
}

/** Whether the registry at `url` answers. */
export async function schemaRegistryAnswers(url: string): Promise<boolean> {
  return (await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(2_000) })).ok;
}

interface Place {
  readonly folder: string;
  readonly port?: number;
}

async function launchRegistry(
  folder: string,
  port: number,
  javaOptions: readonly string[],
): Promise<SchemaRegistryStack> {
  const component = await provide(schemaRegistryRecipe);
  await mkdir(folder, { recursive: true });
  const archive = (await readdir(component)).find((name) => name.endsWith('-runner.jar'));
  if (archive === undefined)
    throw new Error(`no registry in ${component}; remove that folder and start again`);
  const registry = await launch({
    name: 'schema-registry',
    program: 'java',
    args: ['-Xms64m', '-Xmx384m', ...quickJava, ...javaOptions, '-jar', join(component, archive)],
    log: join(folder, 'registry.log'),
    folder,
    environment: {
      QUARKUS_HTTP_HOST: '127.0.0.1',
      QUARKUS_HTTP_PORT: String(port),
      REGISTRY_DATASOURCE_URL: `jdbc:h2:file:${join(folder, 'storage')};DB_CLOSE_ON_EXIT=FALSE`,
    },
  });
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  try {
    await untilReady(registry, () => schemaRegistryAnswers(url));
  } catch (problem) {
    await registry.stop();
    throw problem;
  }
  return { url, process: registry, stop: () => registry.stop() };
}

export const schemaRegistryClassesRecipe = sharedClassesRecipe(
  schemaRegistryRecipe,
  async (javaOptions, folder) => {
    const { process: registry } = await launchRegistry(folder, await freePort(), javaOptions);
    return registry;
  },
);

/**
 * Apicurio's registry, its storage a file in `folder`: in memory it would hand out the same ids for other schemas after a restart, while
 * Kafka still holds records with the old ones.
 */
export async function startSchemaRegistry({ folder, port }: Place): Promise<SchemaRegistryStack> {
  const javaOptions = await withSharedClasses(schemaRegistryClassesRecipe);
  return launchRegistry(folder, port ?? (await freePort()), javaOptions);
}
