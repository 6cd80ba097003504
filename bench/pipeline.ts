import { Cleanups } from '../stack/site.js';
import { resultOf, type BenchResult } from './bench-result.js';
import { startBenchSite, startOnSite, type BenchSite } from './bench-site.js';
import { CordonWatch } from './cordon-watch.js';
import type { Part } from './figures.js';
import { createNodes, floorNodes, productNodes, renewFleet, untilKnown } from './fleet.js';
import { JournalLook } from './journal-look.js';
import { NodeApi } from './node-api.js';
import { measureIsolations } from './parts/isolations.js';
import { measureReportToCordon } from './parts/report-to-cordon.js';
import { measureThroughput } from './parts/throughput.js';
import { progress } from './progress.js';
import { ReportSender } from './report-sender.js';

export const partNames = ['reportToCordon', 'isolations', 'throughput'] as const;
export type PartName = (typeof partNames)[number];

export interface PipelineOptions {
  readonly parts: readonly PartName[];
  readonly pairs: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly partitions: number;
  readonly profiles?: string | undefined;
}

/** Measures the wanted parts on a stack of its own, one after the other, and takes everything down again. */
export async function measurePipeline(options: PipelineOptions): Promise<BenchResult> {
  const cleanups = new Cleanups();
  try {
    const site = await startBenchSite(cleanups, options);
    const admin = await NodeApi.open(site.kubernetes, 'admin');
    cleanups.add(() => admin.close());
    progress(`creating ${productNodes.length + floorNodes.length} nodes`);
    await createNodes(admin, [...productNodes, ...floorNodes]);
    const active = await measureActive(site, admin, options);
    const journal = await JournalLook.open(site.stack.connectionString);
    cleanups.add(() => journal.close());
    const throughput = options.parts.includes('throughput')
      ? [await measureThroughput(site, journal, options)]
      : [];
    return await resultOf(site, [...active, ...throughput]);
  } finally {
    await cleanups.run();
  }
}

/** The parts in which nodes are really isolated. */
async function measureActive(
  site: BenchSite,
  admin: NodeApi,
  { parts, pairs, rounds }: PipelineOptions,
): Promise<readonly Part[]> {
  if (!parts.includes('reportToCordon') && !parts.includes('isolations')) return [];
  const cleanups = new Cleanups();
  try {
    const faultline = await startOnSite(site, 'active');
    cleanups.add(() => faultline.process.stop());
    const api = await NodeApi.open(site.kubernetes, 'faultline');
    cleanups.add(() => api.close());
    const sender = new ReportSender(faultline.url);
    cleanups.add(() => sender.close());
    const journal = await JournalLook.open(site.stack.connectionString);
    cleanups.add(() => journal.close());
    await untilKnown(journal, productNodes.length + floorNodes.length);
    const measured = {
      site,
      faultline: faultline.process.pid,
      api,
      sender,
      journal,
      cordons: await CordonWatch.open(api),
    };
    const measuredParts: Part[] = [];
    if (parts.includes('reportToCordon')) measuredParts.push(await measureReportToCordon(measured, pairs));
    if (parts.includes('isolations')) measuredParts.push(await measureIsolations(measured, admin, rounds));
    await renewFleet(journal, admin);
    return measuredParts;
  } finally {
    await cleanups.run();
  }
}
