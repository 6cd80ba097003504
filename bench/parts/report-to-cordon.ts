import type { BenchSite } from '../bench-site.js';
import { clusterName } from '../bench-site.js';
import type { CordonWatch } from '../cordon-watch.js';
import { distributionOf, rounded, type Part } from '../figures.js';
import { floorNodes, productNodes } from '../fleet.js';
import { FloorPath } from '../floor-path.js';
import type { JournalLook } from '../journal-look.js';
import type { NodeApi } from '../node-api.js';
import { progress } from '../progress.js';
import type { ReportSender } from '../report-sender.js';

const mostTimesFloor = 1.6;
/** Pairs before the first that counts: compilers and connections warm up on both sides. */
const warmUpPairs = 30;

export interface MeasuredSite {
  readonly site: BenchSite;
  /** Process id of Faultline. */
  readonly faultline: number;
  /** With Faultline's own rights. */
  readonly api: NodeApi;
  readonly sender: ReportSender;
  readonly journal: JournalLook;
  readonly cordons: CordonWatch;
}

interface Sample {
  readonly floor: number;
  readonly fromAccepted: number;
  readonly fromSent: number;
}

/** One report at a time, each from intake's 202 to the cordon; before each, the floor. */
export async function measureReportToCordon(measured: MeasuredSite, pairs: number): Promise<Part> {
  const floor = await FloorPath.open(measured.site, measured.api);
  const samples: Sample[] = [];
  const name = floorNodes[0] ?? '';
  let node = await measured.api.read(name);
  try {
    for (let pair = 0; pair < warmUpPairs + pairs; pair += 1) {
      await measured.journal.untilQuiet();
      const bare = await floor.sample(node);
      node = bare.node;
      const product = await isolate(measured, productNodes[pair] ?? '');
      if (pair >= warmUpPairs) samples.push({ floor: bare.ms, ...product });
      if (pair % 25 === 0) progress(`report to cordon: pair ${pair} of ${warmUpPairs + pairs}`);
    }
  } finally {
    await floor.close();
  }
  return partOf(samples);
}

async function isolate(
  { sender, cordons }: MeasuredSite,
  node: string,
): Promise<{ readonly fromAccepted: number; readonly fromSent: number }> {
  const cordoned = cordons.cordoned(node);
  const report = { cluster: clusterName, node, type: 'DiskFailure', status: 'firing', source: 'bench' };
  const sent = performance.now();
  await sender.send([JSON.stringify(report)]);
  const accepted = performance.now();
  const seen = await cordoned;
  return { fromAccepted: seen - accepted, fromSent: seen - sent };
}

function partOf(samples: readonly Sample[]): Part {
  const floor = distributionOf(samples.map((sample) => sample.floor));
  const product = distributionOf(samples.map((sample) => sample.fromAccepted));
  const whole = distributionOf(samples.map((sample) => sample.fromSent));
  const ratio = rounded(product.p50 / floor.p50);
  return {
    name: 'reportToCordon',
    figures: {
      floorMs: floor,
      acceptedToCordonedMs: product,
      sentToCordonedMs: whole,
      ratio,
      ratioFromSent: rounded(whole.p50 / floor.p50),
    },
    target: `p50 from accepted to cordoned at most ${mostTimesFloor} times the floor's`,
    met: ratio <= mostTimesFloor,
  };
}
