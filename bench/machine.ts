import { cpus, totalmem } from 'node:os';
import pg from 'pg';
import type { KubernetesStack } from '../stack/kubernetes.js';
import type { Site } from '../stack/site.js';

/** Where it was measured: figures without it say nothing. */
export interface MachineDescription {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGiB: number;
  readonly node: string;
  readonly kafka: string;
  readonly postgres: string;
  readonly fsync: string;
  readonly synchronousCommit: string;
  /** Absent: none took part. */
  readonly kubernetes?: string;
  readonly partitions: number;
}

/** What a benchmark ran on. */
export interface MeasuredStack {
  readonly stack: Pick<Site, 'connectionString'>;
  readonly kubernetes?: Pick<KubernetesStack, 'kubectl'>;
  readonly partitions: number;
}

export async function describeMachine({
  stack,
  kubernetes,
  partitions,
}: MeasuredStack): Promise<MachineDescription> {
  const client = new pg.Client({ connectionString: stack.connectionString });
  await client.connect();
  const { rows } = await client.query<{ version: string; fsync: string; commit: string }>(
    `SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync,
      current_setting('synchronous_commit') AS commit`,
  );
  await client.end();
  const [postgres] = rows;
  return {
    cores: cpus().length,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    kafka: '4.1.1, one broker, acks from all',
    postgres: postgres?.version ?? 'unknown',
    fsync: postgres?.fsync ?? 'unknown',
    synchronousCommit: postgres?.commit ?? 'unknown',
    ...(kubernetes === undefined ? {} : { kubernetes: await versionOf(kubernetes) }),
    partitions,
  };
}

async function versionOf(kubernetes: Pick<KubernetesStack, 'kubectl'>): Promise<string> {
  const version = JSON.parse(await kubernetes.kubectl('version', '-o', 'json')) as {
    serverVersion: { gitVersion: string };
  };
  return version.serverVersion.gitVersion;
}
