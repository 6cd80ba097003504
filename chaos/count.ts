import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { provide } from '../stack/cache.js';
import { pythonRecipe } from '../stack/component-recipes.js';
import { provideKcat } from '../stack/kcat.js';
import { audienceLogs, webhookSecret } from './audience.js';
import type { ChaosSite } from './chaos-site.js';
import { stageMaximumAgeSeconds } from './copy-configuration.js';
import { witnessLogs } from './installation.js';

type Counts = Readonly<Record<string, number>>;

/** Lists of what is wrong with what others were told. */
export const sayings = ['undelivered', 'misdelivered', 'disordered', 'wrongStates', 'untold'] as const;

/** Lists of what is wrong; a good run has nothing in any of them. */
export const wrongs = ['lost', 'doubled', 'stuck', 'isolatedLeft', ...sayings] as const;

/** What count.py counted. The lists say which. */
export interface Count {
  /** When it was begun, ms. */
  readonly countedAt: number;
  readonly acknowledged: number;
  readonly fates: Counts;
  readonly deadLetters: number;
  /** Acknowledged, and neither a fate nor a dead letter. */
  readonly lost: readonly unknown[];
  readonly commands: number;
  /** By kind. */
  readonly effects: Counts;
  /** Two effects for one command. */
  readonly doubled: readonly string[];
  readonly processes: number;
  readonly open: number;
  readonly waitingForPerson: number;
  readonly outcomes: Counts;
  /** Open faults that have neither a process nor been handed over to people, for however short. */
  readonly untended: number;
  /** Open, no person asked, and longer in its stage than a stage may last; faults that were nobody's for as long. */
  readonly stuck: readonly string[];
  /** Nodes that carry the isolation of a process that is over. */
  readonly isolatedLeft: readonly string[];
  /** Events that subscribers by webhook asked for, and how often they were posted. */
  readonly webhooks: { readonly events: number; readonly tries: number };
  /** Published and asked for, and never accepted. */
  readonly undelivered: readonly string[];
  /** Posted, and signed wrongly, on no topic or not asked for. */
  readonly misdelivered: readonly string[];
  /** Posted before the event of its node and topic that stands before it was accepted. */
  readonly disordered: readonly string[];
  /** Records of `node.state`. */
  readonly states: number;
  /** Last states that are not what the events of their node say, and records that say they cover what they don't. */
  readonly wrongStates: readonly string[];
  /** Spans, and how often they were sent. */
  readonly spans: { readonly told: number; readonly tries: number };
  /** Stages, commands and processes that are over without a span, or have it in two versions. */
  readonly untold: readonly string[];
}

/** File of what intake acknowledged. */
export function ledgerOf({ folder }: ChaosSite): string {
  return join(folder, 'acknowledged.jsonl');
}

/**
 * Has a stranger count: it reads logs and topics, and nothing of Faultline.
 *
 * @param countedAt ms: others have to have been told what was published some time before this moment; without it, before now
 */
export async function count(site: ChaosSite, countedAt = Date.now()): Promise<Count> {
  const python = join(await provide(pythonRecipe), 'bin', 'python');
  const place = {
    python,
    kcat: await provideKcat(),
    decoder: join(import.meta.dirname, '../test/stack/decode_records.py'),
    brokers: site.kafka.bootstrapServers.join(','),
    registry: site.registry,
    acknowledged: ledgerOf(site),
    audit: site.kubernetes.auditLog,
    ...witnessLogs(site),
    ...audienceLogs(site.folder),
    webhookSecret,
    countedAt,
    user: 'system:serviceaccount:faultline:faultline',
    stageMaximumAgeSeconds,
  };
  const script = join(import.meta.dirname, 'count.py');
  const { stdout } = await promisify(execFile)(python, [script, JSON.stringify(place)], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout) as Count;
}
