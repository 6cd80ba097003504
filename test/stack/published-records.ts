import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { provide } from '../../stack/cache.js';
import { pythonRecipe } from '../../stack/component-recipes.js';
import { provideKcat } from '../../stack/kcat.js';
import type { Site } from '../../stack/site.js';

/** A record as a stranger reads it: fetched by kcat, decoded by fastavro with the registry's schema. */
export interface PublishedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Readonly<Record<string, unknown>>;
}

function finished(command: string, args: readonly string[], input?: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args);
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => output.push(part));
    child.stderr.on('data', (part: Buffer) => errors.push(part));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(output));
      else reject(new Error(`${command} ended with ${String(code)}: ${Buffer.concat(errors).toString()}`));
    });
    // A reader that ended early says why by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

const wholeTopic = ['-o', 'beginning', '-e', '-q'];

/** All records of a topic. `raw`: dead letters, of which only size and first bytes are told. */
export async function publishedRecords(
  site: Site,
  topic: string,
  form: 'avro' | 'raw' = 'avro',
): Promise<readonly PublishedRecord[]> {
  const brokers = site.kafka.bootstrapServers.join(',');
  const format = '%T\\t%t\\t%p\\t%o\\t%k\\t%h\\n%R%s';
  const kcat = await provideKcat();
  const bytes = await finished(kcat, ['-b', brokers, '-C', '-t', topic, ...wholeTopic, '-f', format]);
  const python = join(await provide(pythonRecipe), 'bin', 'python');
  const script = join(import.meta.dirname, 'decode_records.py');
  const flags = form === 'raw' ? ['--raw'] : [];
  const lines = (await finished(python, [script, site.registry.url, ...flags], bytes)).toString('utf8');
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ topic, ...(JSON.parse(line) as Omit<PublishedRecord, 'topic'>) }));
}
