import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import kafkajs from 'kafkajs';
import { provide } from '../../stack/cache.js';
import { javaSubscriberRecipe, pythonSubscriberRecipe } from '../../stack/subscriber-recipes.js';
import type { Site } from '../../stack/site.js';
import { launch } from '../../stack/supervised.js';
import type { PublishedRecord } from './published-records.js';
import { accessOf, type User } from './secured-site.js';

const root = join(import.meta.dirname, '../..');
const client = join(root, 'packages/client');
const examples = join(client, 'examples');

interface Program {
  readonly program: string;
  readonly args: readonly string[];
}

/** The example in TypeScript, on the package as it is built for others: by its own name. */
async function inTypeScript(): Promise<Program> {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const project = join(client, 'tsconfig.build.json');
  await promisify(execFile)(process.execPath, [compiler, '-p', project, '--noCheck']);
  const args = ['--import', import.meta.resolve('tsx'), join(examples, 'tickets.ts')];
  return { program: process.execPath, args };
}

async function inPython(): Promise<Program> {
  const program = join(await provide(pythonSubscriberRecipe), 'bin', 'python');
  return { program, args: [join(examples, 'python', 'subscriber.py')] };
}

async function inJava(): Promise<Program> {
  const component = await provide(javaSubscriberRecipe);
  const classes = [join(component, 'classes'), join(component, 'lib', '*')].join(':');
  return { program: 'java', args: ['-Xmx128m', '-cp', classes, 'Subscriber'] };
}

const languages = { TypeScript: inTypeScript, Python: inPython, Java: inJava } as const;

/** An example of packages/client, run as alice. */
export interface ExampleSubscriber {
  /** What it has printed of events: `<ce_id> <cluster>/<node> <what>`. */
  heard(): Promise<readonly string[]>;
  /** Everything it has written. */
  output(): Promise<string>;
}

/** Starts an example; it is stopped with the site. */
export async function startSubscriber(
  site: Site,
  language: keyof typeof languages,
): Promise<ExampleSubscriber> {
  const { brokers, certificateAuthorityFile, username, password } = accessOf(site, 'alice');
  const log = join(site.folder, `subscriber-${language}.log`);
  const { url } = site.registry;
  const started = await launch({
    name: `subscriber-${language}`,
    ...(await languages[language]()),
    log,
    folder: site.folder,
    environment: {
      BROKERS: brokers.join(','),
      REGISTRY: url,
      APICURIO: new URL('/apis/registry/v2', url).href,
      AUTHORITY: certificateAuthorityFile,
      USER_NAME: username,
      PASSWORD: password,
      // Without the paths by which the sources know each other.
      TSX_TSCONFIG_PATH: join(client, 'tsconfig.build.json'),
    },
  });
  site.cleanups.add(() => started.stop());
  const output = (): Promise<string> => readFile(log, 'utf8');
  return {
    output,
    heard: async () => (await output()).split('\n').filter((line) => /^\S+ a\/node-\d+ /.test(line)),
  };
}

/** What an example prints of a record. */
export function exampleLine({ topic, key, headers, value }: PublishedRecord): string {
  const what =
    topic === 'fault.hardware' ? [value['type'], value['change']] : [value['workflow'], value['outcome']];
  return [headers['ce_id'], key, ...what].map(String).join(' ');
}

async function kafkaAs(site: Site, user: User): Promise<kafkajs.Kafka> {
  const { brokers, certificateAuthorityFile, username, password } = accessOf(site, user);
  return new kafkajs.Kafka({
    brokers: [...brokers],
    ssl: { ca: await readFile(certificateAuthorityFile, 'utf8') },
    sasl: { mechanism: 'scram-sha-512', username, password },
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 1 },
  });
}

/** Makes a topic with Faultline's own rights. */
export async function makeTopicAsFaultline(site: Site, topic: string): Promise<void> {
  const admin = (await kafkaAs(site, 'faultline')).admin();
  try {
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
  } finally {
    await admin.disconnect();
  }
}

/** Which runs the first records of a topic are marked with, read as alice in a group of her name. */
export async function runsReadByAlice(site: Site, topic: string, count: number): Promise<readonly string[]> {
  const consumer = (await kafkaAs(site, 'alice')).consumer({ groupId: 'alice.history' });
  const runs: string[] = [];
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        reject(payload.error);
      });
      consumer
        .run({
          eachMessage: ({ message }) => {
            runs.push(String(message.headers?.['ce_replay']));
            if (runs.length === count) resolve();
            return Promise.resolve();
          },
        })
        .catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return runs;
}

/** Sends a record as alice; rejects with what the broker says. */
export async function forge(site: Site, topic: string): Promise<void> {
  const producer = (await kafkaAs(site, 'alice')).producer();
  try {
    await producer.connect();
    await producer.send({ topic, messages: [{ key: 'a/node-0001', value: 'forged' }] });
  } finally {
    await producer.disconnect();
  }
}
