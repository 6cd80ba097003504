import { Cleanups } from '../stack/site.js';
import { resultOf, type BenchResult } from './bench-result.js';
import { startBenchSite, startOnSite, type BenchSite } from './bench-site.js';
import { distributionOf, rounded, slopePerHour, type Part } from './figures.js';
import { createNodes, productNodes } from './fleet.js';
import { JournalLook } from './journal-look.js';
import { NodeApi } from './node-api.js';
import { usageOf } from './process-usage.js';
import { progress } from './progress.js';
import { ReportSender } from './report-sender.js';
import { ReportStream } from './report-stream.js';
import { steadyLoad } from './steady-load.js';

export interface SoakOptions {
  readonly minutes: number;
  readonly perSecond: number;
  readonly partitions: number;
}

interface Sample {
  readonly hours: number;
  readonly residentMegabytes: number;
  readonly sockets: number;
  readonly databaseConnections: number;
}

const sampleEverySeconds = 10;
/** Part of the time at the beginning that is not judged: caches fill, code is compiled. */
const settling = 1 / 3;
/** Growth over the judged time that still counts as flat. */
const mostGrowth = 0.05;

/** The same load for a long time: whatever is kept without end shows as memory, whatever is not closed as connections. */
export async function measureSoak(options: SoakOptions): Promise<BenchResult> {
  const cleanups = new Cleanups();
  try {
    const site = await startBenchSite(cleanups, options);
    const admin = await NodeApi.open(site.kubernetes, 'admin');
    cleanups.add(() => admin.close());
    await createNodes(admin, productNodes);
    const part = partOf(await samplesOf(site, cleanups, options), options);
    return await resultOf(site, [part]);
  } finally {
    await cleanups.run();
  }
}

async function samplesOf(
  site: BenchSite,
  cleanups: Cleanups,
  { minutes, perSecond }: SoakOptions,
): Promise<readonly Sample[]> {
  const faultline = await startOnSite(site, 'observe');
  cleanups.add(() => faultline.process.stop());
  const sender = new ReportSender(faultline.url);
  cleanups.add(() => sender.close());
  const journal = await JournalLook.open(site.stack.connectionString);
  cleanups.add(() => journal.close());
  const stream = new ReportStream();
  await sender.send(stream.beginning());
  const samples: Sample[] = [];
  const began = performance.now();
  const hours = (): number => (performance.now() - began) / 3_600_000;
  while (hours() * 60 < minutes) {
    await steadyLoad(sender, stream, { perSecond, seconds: sampleEverySeconds });
    const { residentBytes, sockets } = usageOf(faultline.process.pid);
    const databaseConnections = await journal.count(
      `SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'faultline-%'`,
    );
    samples.push({
      hours: hours(),
      residentMegabytes: residentBytes / 1_000_000,
      sockets,
      databaseConnections,
    });
    progress(
      `soak: ${rounded(hours() * 60)} of ${minutes} minutes, ${rounded(residentBytes / 1_000_000)} MB`,
    );
  }
  return samples;
}

function partOf(samples: readonly Sample[], { minutes, perSecond }: SoakOptions): Part {
  const judged = samples.slice(Math.floor(samples.length * settling));
  const resident = distributionOf(judged.map(({ residentMegabytes }) => residentMegabytes));
  const slope = slopePerHour(judged.map(({ hours, residentMegabytes: value }) => ({ hours, value })));
  const span = (judged.at(-1)?.hours ?? 0) - (judged[0]?.hours ?? 0);
  const sockets = distributionOf(judged.map((sample) => sample.sockets));
  const connections = distributionOf(judged.map((sample) => sample.databaseConnections));
  const socketSlope = slopePerHour(judged.map(({ hours, sockets: value }) => ({ hours, value })));
  return {
    name: 'soak',
    figures: {
      minutes,
      perSecond,
      residentMegabytes: resident,
      residentSlopeMegabytesPerHour: rounded(slope),
      sockets,
      socketSlopePerHour: rounded(socketSlope),
      databaseConnections: connections,
    },
    target: `resident memory and sockets grow by less than ${mostGrowth * 100} % after the first third`,
    met: slope * span < mostGrowth * resident.p50 && socketSlope * span < mostGrowth * sockets.p50,
  };
}
