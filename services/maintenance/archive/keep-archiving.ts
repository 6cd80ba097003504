import type { ArchiveMetrics } from '../../../adapters/ports/metrics.js';
import { pause, superviseLoop, type Supervision } from '../../supervision.js';
import { archiveFacts, type ArchivingOptions } from './archive-facts.js';

export interface KeepArchivingOptions extends Supervision, Omit<ArchivingOptions, 'now' | 'signal'> {
  /** How often it is asked whether a run is due; after a failure also how soon it is tried again. */
  readonly everyMs: number;
  readonly metrics: ArchiveMetrics;
}

/** Once a day: files are few and not small. */
const runEveryMs = 86_400_000;

/** Archives once a day, whichever copy comes first. Any number of copies may run; trouble here holds up nothing else. */
export function keepArchiving(options: KeepArchivingOptions): Promise<void> {
  return superviseLoop('archive', options, async () => {
    await runIfDue(options);
    await pause(options, options.everyMs);
  });
}

async function runIfDue(options: KeepArchivingOptions): Promise<void> {
  const { archive, clock, metrics, log, signal } = options;
  const now = (): number => clock.now();
  try {
    const finishedAt = await archive.finishedAt();
    if (finishedAt !== undefined && now() - finishedAt < runEveryMs) return;
    const isDone = await archiveFacts({ ...options, now });
    if (isDone && !signal.aborted) metrics.archiveRun('done');
  } catch (error) {
    if (signal.aborted) throw error;
    // Not again within seconds, as other trouble: each run folds anew what could not be moved.
    metrics.archiveRun('failed');
    log.error(
      { error: String(error) },
      'facts could not be archived: they stay in the journal, and it is tried again later; see that archive.folder is there, can be written and has room',
    );
  }
}
