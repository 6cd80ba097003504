import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { provide } from '../stack/cache.js';
import { pythonRecipe } from '../stack/component-recipes.js';
import { provideKcat } from '../stack/kcat.js';
import type { ChaosSite } from './chaos-site.js';
import { stageMaximumAgeSeconds } from './copy-configuration.js';
import { witnessLogs } from './installation.js';

type Counts = Readonly<Record<string, number>>;

/** What count.py counted. The lists say which; a good run has none in `lost`, `doubled`, `stuck` and `isolatedLeft`. */
export interface Count {
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
  /** Open, no person asked, and longer in its stage than a stage may last. */
  readonly stuck: readonly string[];
  /** Nodes that carry the isolation of a process that is over. */
  readonly isolatedLeft: readonly string[];
}

/** File of what intake acknowledged. */
export function ledgerOf({ folder }: ChaosSite): string {
  return join(folder, 'acknowledged.jsonl');
}

/** Has a stranger count: it reads logs and topics, and nothing of Faultline. */
export async function count(site: ChaosSite): Promise<Count> {
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
    user: 'system:serviceaccount:faultline:faultline',
    stageMaximumAgeSeconds,
  };
  const script = join(import.meta.dirname, 'count.py');
  const { stdout } = await promisify(execFile)(python, [script, JSON.stringify(place)], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout) as Count;
}
