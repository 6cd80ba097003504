import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import kafkajs, { type Admin } from 'kafkajs';
import { buildFaultline, startFaultline, type FaultlineProcess } from '../stack/faultline-process.js';
import { journalSection, startSite, type Cleanups, type Site } from '../stack/site.js';
import { progress } from './progress.js';

/** Kafka and PostgreSQL, and no cluster: events are decided, kept, sent and read, and nothing is done to any node. */
export interface EventSite {
  readonly stack: Site;
  readonly partitions: number;
  /** The configuration file. */
  readonly configuration: string;
  readonly kafka: kafkajs.Kafka;
  readonly admin: Admin;
  /** Folder into which each process of Faultline writes its CPU profile; undefined: none. */
  readonly profiles: string | undefined;
}

/** Starts everything and compiles Faultline. What was started is in `cleanups`, also when something fails on the way. */
export async function startEventSite(
  cleanups: Cleanups,
  { partitions, profiles }: { readonly partitions: number; readonly profiles?: string | undefined },
): Promise<EventSite> {
  progress('starting Kafka and PostgreSQL');
  const [stack] = await Promise.all([startSite(cleanups), buildFaultline()]);
  const configuration = join(stack.folder, 'faultline.yaml');
  const document = {
    installation: { dataFolder: 'data' },
    http: { listen: '127.0.0.1:0' },
    mode: { default: 'observe' },
    eventLog: { kind: 'kafka', partitions, brokers: stack.kafka.bootstrapServers },
    journal: await journalSection(stack),
  };
  await writeFile(configuration, JSON.stringify(document, null, 2));
  const kafka = new kafkajs.Kafka({
    clientId: 'bench',
    brokers: [...stack.kafka.bootstrapServers],
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  cleanups.add(() => admin.disconnect());
  return { stack, partitions, configuration, kafka, admin, profiles };
}

function nodeOptions({ profiles }: EventSite): readonly string[] {
  return profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`];
}

/** These services of the shipped command in one process. The caller stops it. */
export function startServicesOn(site: EventSite, only: readonly string[]): Promise<FaultlineProcess> {
  const { configuration, stack } = site;
  return startFaultline({ configuration, folder: stack.folder, only, nodeOptions: nodeOptions(site) });
}

/** How long a command took, by the clock and by its own processor. */
export interface CommandTimes {
  readonly seconds: number;
  readonly processorSeconds: number;
  readonly peakResidentMegabytes: number;
  readonly output: string;
}

/** Says, at the very end of a process, what it has used. */
const sayUsage = join(import.meta.dirname, 'say-usage.mjs');

/** Runs one command of the shipped program to its end. Rejects when it fails. */
export async function runOn(site: EventSite, words: readonly string[]): Promise<CommandTimes> {
  const program = join(import.meta.dirname, '../dist/cli/main.js');
  const args = [
    ...nodeOptions(site),
    '--import',
    sayUsage,
    program,
    ...words,
    '--config',
    site.configuration,
  ];
  const began = performance.now();
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: site.stack.folder });
  const seconds = (performance.now() - began) / 1_000;
  const usage = JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as Omit<
    CommandTimes,
    'seconds' | 'output'
  >;
  return { ...usage, seconds, output: stdout };
}
