import { Backlog } from '../backlog.js';
import { distributionOf, rounded, type Part } from '../figures.js';
import type { JournalLook } from '../journal-look.js';
import { usageOf } from '../process-usage.js';
import { processorTimes, usedBetween } from '../processor-time.js';
import { progress } from '../progress.js';
import { ReportSender } from '../report-sender.js';
import { ReportStream } from '../report-stream.js';
import { steadyLoad, type LoadResult } from '../steady-load.js';
import { startOnSite, type BenchSite } from '../bench-site.js';

const mostResidentMegabytes = 300;
/** What is on its way while the last answer is given has to get there. */
const mostDrainMs = 1_000;
const warmUpSeconds = 5;

export interface ThroughputLoad {
  readonly perSecond: number;
  readonly seconds: number;
}

/**
 * Many reports at a steady rate through intake, Kafka and journal. In mode `observe`: each opened fault starts a
 * process, and each of its commands is recorded as withheld, so that what is measured is Faultline and not how many
 * nodes an API server can cordon.
 */
export async function measureThroughput(
  site: BenchSite,
  journal: JournalLook,
  load: ThroughputLoad,
): Promise<Part> {
  const faultline = await startOnSite(site, 'observe');
  const sender = new ReportSender(faultline.url);
  const backlog = await Backlog.open(site, journal);
  const stream = new ReportStream();
  try {
    await sender.send(stream.beginning());
    progress('throughput: warming up');
    await steadyLoad(sender, stream, { ...load, seconds: warmUpSeconds });
    await backlog.drained();
    const before = { seen: await seenInputs(journal), opened: stream.opened };
    const processor = processorTimes(site, faultline.process.pid);
    progress(`throughput: ${load.perSecond} reports a second for ${load.seconds} s`);
    const result = await steadyLoad(sender, stream, load);
    const left = await backlog.count();
    const drainedMs = await backlog.drained();
    const usage = usageOf(faultline.process.pid);
    const used = usedBetween(processor, processorTimes(site, faultline.process.pid));
    return partOf(load, result, {
      left,
      drainedMs,
      opened: stream.opened - before.opened,
      seen: (await seenInputs(journal)) - before.seen,
      residentMegabytes: usage.peakResidentBytes / 1_000_000,
      used,
    });
  } finally {
    await backlog.close();
    await sender.close();
    await faultline.process.stop();
  }
}

/** Every report and signal that was decided, once. */
function seenInputs(journal: JournalLook): Promise<number> {
  return journal.count(
    `SELECT count(*) FROM (SELECT cause_id FROM journal.input_seen UNION SELECT cause_id FROM journal.report_seen) AS seen`,
  );
}

function partOf(
  load: ThroughputLoad,
  result: LoadResult,
  after: {
    readonly left: number;
    readonly drainedMs: number;
    readonly opened: number;
    readonly seen: number;
    readonly residentMegabytes: number;
    readonly used: string;
  },
): Part {
  const achieved = result.accepted / result.seconds;
  return {
    name: 'throughput',
    figures: {
      mode: 'observe',
      wantedPerSecond: load.perSecond,
      acceptedPerSecond: rounded(achieved),
      seconds: rounded(result.seconds),
      accepted: result.accepted,
      decidedInputs: after.seen,
      faultsOpened: after.opened,
      answerMs: distributionOf(result.answers),
      backlogAtLastAnswer: after.left,
      drainedAfterMs: rounded(after.drainedMs),
      peakResidentMegabytes: rounded(after.residentMegabytes),
      processorTime: after.used,
    },
    target: `${load.perSecond} reports/s kept up, backlog 0 within ${mostDrainMs} ms of the last answer, peak below ${mostResidentMegabytes} MB`,
    met:
      achieved >= load.perSecond * 0.99 &&
      after.seen >= result.accepted &&
      after.drainedMs <= mostDrainMs &&
      after.residentMegabytes < mostResidentMegabytes,
  };
}
