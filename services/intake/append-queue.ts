import { RecordRefused, type EventLog, type NewRecord } from '../../adapters/ports/event-log.js';

/** More is waiting than may wait: the sender has to come again. */
export class IntakeOverloaded extends Error {
  override readonly name = 'IntakeOverloaded';
}

export interface AppendQueue {
  /**
   * Resolves when the log holds the records for good: for each whether it took it (`undefined`) or why it never will.
   * Rejects with LogUnavailable or IntakeOverloaded; then none is acknowledged.
   */
  append(records: readonly NewRecord[]): Promise<readonly (string | undefined)[]>;
  /** Records that wait or are on their way. */
  waiting(): number;
}

interface Waiting {
  readonly records: readonly NewRecord[];
  readonly resolve: (refusals: readonly (string | undefined)[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Joins what concurrent requests bring while an append is under way into the next one. Nobody lingers: a lone record
 * goes at once, and the busier the log, the larger the appends.
 */
export function createAppendQueue(
  log: Pick<EventLog, 'append'>,
  limits: { readonly maximumWaiting: number; readonly maximumBatch: number },
): AppendQueue {
  const queue: Waiting[] = [];
  let count = 0;
  let running = false;

  async function run(): Promise<void> {
    running = true;
    while (queue.length > 0) {
      const batch = takeBatch(queue, limits.maximumBatch);
      await appendBatch(log, batch);
      for (const { records } of batch) count -= records.length;
    }
    running = false;
  }

  return {
    append: (records) =>
      new Promise((resolve, reject) => {
        if (count > 0 && count + records.length > limits.maximumWaiting) {
          reject(new IntakeOverloaded(`${count} reports wait for the event log`));
          return;
        }
        count += records.length;
        queue.push({ records, resolve, reject });
        if (!running) void run();
      }),
    waiting: () => count,
  };
}

function takeBatch(queue: Waiting[], maximumBatch: number): Waiting[] {
  let size = 0;
  let requests = 0;
  for (const { records } of queue) {
    if (requests > 0 && size + records.length > maximumBatch) break;
    size += records.length;
    requests += 1;
  }
  return queue.splice(0, requests);
}

async function appendBatch(log: Pick<EventLog, 'append'>, batch: readonly Waiting[]): Promise<void> {
  try {
    await log.append(batch.flatMap(({ records }) => records));
  } catch (error) {
    if (error instanceof RecordRefused) await appendSingly(log, batch);
    else for (const { reject } of batch) reject(error);
    return;
  }
  for (const { records, resolve } of batch) resolve(records.map(() => undefined));
}

/**
 * One record is not to be had; which one is found by trying each. Those that went through already go twice: their ids
 * are the same, so that is seen.
 */
async function appendSingly(log: Pick<EventLog, 'append'>, batch: readonly Waiting[]): Promise<void> {
  for (const { records, resolve, reject } of batch) {
    const refusals: (string | undefined)[] = [];
    try {
      for (const record of records) refusals.push(await appendOne(log, record));
      resolve(refusals);
    } catch (error) {
      reject(error);
    }
  }
}

async function appendOne(log: Pick<EventLog, 'append'>, record: NewRecord): Promise<string | undefined> {
  try {
    await log.append([record]);
    return undefined;
  } catch (error) {
    if (error instanceof RecordRefused) return error.message;
    throw error;
  }
}
