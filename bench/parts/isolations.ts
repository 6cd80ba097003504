import { bareIsolation, undoIsolation } from '../bare-isolation.js';
import { clusterName } from '../bench-site.js';
import { distributionOf, rounded, type Part } from '../figures.js';
import { fleetSize, floorNodes, productNodes, renewFleet } from '../fleet.js';
import { inFlight } from '../in-flight.js';
import type { NodeApi, NodeObject } from '../node-api.js';
import { processorTimes, usedBetween } from '../processor-time.js';
import { progress } from '../progress.js';
import type { MeasuredSite } from './report-to-cordon.js';

const mostTimesFloor = 1.5;
const reportsPerRequest = 100;
/** Those that were refused once, or failed: a single one makes a round as long as its wait. */
const postponedIsolations = `SELECT count(*) FROM journal.command
  WHERE command ->> 'type' = 'isolateNode' AND waiting_reason IS NOT NULL`;

/**
 * A whole fleet isolated at once, in turn by bare patches with 16 in flight and by Faultline with as many; the latter
 * from the first report that is sent to the last cordon that is seen.
 */
export async function measureIsolations(
  measured: MeasuredSite,
  admin: NodeApi,
  rounds: number,
): Promise<Part> {
  const bare: number[] = [];
  const product: number[] = [];
  let used = '';
  const postponedBefore = await measured.journal.count(postponedIsolations);
  for (let round = 0; round < rounds; round += 1) {
    await renewFleet(measured.journal, admin);
    bare.push(await patchAll(measured.api));
    await measured.journal.untilQuiet();
    const before = processorTimes(measured.site, measured.faultline);
    product.push(await isolateAll(measured));
    used = usedBetween(before, processorTimes(measured.site, measured.faultline));
    progress(
      `isolations, round ${round + 1} of ${rounds}: bare ${rounded(bare.at(-1) ?? 0)} s, Faultline ${rounded(product.at(-1) ?? 0)} s`,
    );
  }
  const floor = distributionOf(bare);
  const whole = distributionOf(product);
  const ratio = rounded(whole.p50 / floor.p50);
  return {
    name: 'isolations',
    figures: {
      nodes: fleetSize,
      inFlight: 16,
      floorSeconds: floor,
      faultlineSeconds: whole,
      ratio,
      processorTimeOfLastRound: used,
      isolationsPostponed: (await measured.journal.count(postponedIsolations)) - postponedBefore,
    },
    target: `${fleetSize} isolations in at most ${mostTimesFloor} times the time of bare patches`,
    met: ratio <= mostTimesFloor,
  };
}

async function patchAll(api: NodeApi): Promise<number> {
  const nodes = await Promise.all(floorNodes.map((name) => api.read(name)));
  const patched: NodeObject[] = [];
  const began = performance.now();
  await inFlight(nodes, 16, async (node) => {
    patched.push(await api.patch(node.metadata.name, bareIsolation(node)));
  });
  const seconds = (performance.now() - began) / 1_000;
  await inFlight(patched, 16, (node) => undoIsolation(api, node));
  return seconds;
}

async function isolateAll({ sender, cordons }: MeasuredSite): Promise<number> {
  const cordoned = productNodes.map((name) => cordons.cordoned(name, 180_000));
  const lines = productNodes.map((node) =>
    JSON.stringify({ cluster: clusterName, node, type: 'DiskFailure', status: 'firing', source: 'bench' }),
  );
  const began = performance.now();
  const requests: Promise<number>[] = [];
  for (let start = 0; start < lines.length; start += reportsPerRequest) {
    requests.push(sender.send(lines.slice(start, start + reportsPerRequest)));
  }
  await Promise.all(requests);
  const last = Math.max(...(await Promise.all(cordoned)));
  return (last - began) / 1_000;
}
