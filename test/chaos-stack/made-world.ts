import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { webhookSecret } from '../../chaos/audience.js';
import type { Count } from '../../chaos/count.js';

const script = join(import.meta.dirname, '../../chaos/count.py');
export const user = 'faultline';

export interface MadeRecord {
  readonly key?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: object;
  /** ms; a minute ago, if not given. */
  readonly appendedAt?: number;
}

/** What the witnesses of a run saw; what is not given they did not see. */
export interface World {
  /** By topic, in the order of the log, all in one partition. */
  readonly records: Readonly<Record<string, readonly MadeRecord[]>>;
  readonly acknowledged?: readonly string[];
  readonly audit?: readonly object[];
  readonly bmcs?: readonly object[];
  readonly webhook?: readonly object[];
  readonly deliveries?: readonly object[];
  readonly spans?: readonly object[];
  /** ms; now, if not given. */
  readonly countedAt?: number;
}

const lines = (items: readonly object[]): string => items.map((item) => `${JSON.stringify(item)}\n`).join('');

const digest = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length);

/** Trace and span that a record names, by its id and the process that it belongs to. */
export function traceOf(identifier: string): { readonly traceId: string; readonly spanId: string } {
  return { traceId: digest('process', 32), spanId: digest(identifier, 16) };
}

/** A record as the decoder gives it. */
function decoded(topic: string, { headers, ...record }: MadeRecord, offset: number): object {
  const { traceId, spanId } = traceOf(headers['ce_id'] ?? '');
  return {
    ...{ topic, partition: 0, offset, appendedAt: Date.now() - 60_000, key: 'a/n1' },
    ...record,
    headers: { traceparent: `00-${traceId}-${spanId}-01`, ...headers },
  };
}

/** Counts a made world: in place of kcat comes a program that gives a topic's records, decoded already. */
export async function counted(folder: string, world: World): Promise<Count> {
  for (const [topic, records] of Object.entries(world.records)) {
    await writeFile(
      join(folder, `${topic}.topic`),
      lines(records.map((record, offset) => decoded(topic, record, offset))),
    );
  }
  const file = async (name: string, items: readonly object[] = []): Promise<string> => {
    await writeFile(join(folder, name), lines(items));
    return join(folder, name);
  };
  const kcat = join(folder, 'kcat');
  // Called as `kcat -b BROKERS -C -t TOPIC …`.
  await writeFile(kcat, `#!/bin/sh\nif [ -f "${folder}/$5.topic" ]; then cat "${folder}/$5.topic"; fi\n`);
  await chmod(kcat, 0o755);
  await writeFile(join(folder, 'decoder.py'), 'import sys\nsys.stdout.write(sys.stdin.read())\n');
  const place = {
    ...{ kcat, python: 'python3', decoder: join(folder, 'decoder.py'), brokers: 'b', registry: 'r', user },
    ...{ stageMaximumAgeSeconds: 60, webhookSecret, countedAt: world.countedAt ?? Date.now() },
    acknowledged: await file(
      'acknowledged',
      world.acknowledged?.map((reportId) => ({ reportId })),
    ),
    audit: await file('audit', world.audit),
    bmcs: await file('bmcs', world.bmcs),
    webhook: await file('webhook', world.webhook),
    deliveries: await file('deliveries', world.deliveries),
    spans: join(folder, 'spans'),
  };
  // It goes on being written while it is counted: what has been read of it can't be read again.
  await rm(place.spans, { force: true });
  await promisify(execFile)('mkfifo', [place.spans]);
  const [{ stdout }] = await Promise.all([
    promisify(execFile)('python3', [script, JSON.stringify(place)]),
    writeFile(place.spans, lines(world.spans ?? [])),
  ]);
  return JSON.parse(stdout) as Count;
}
