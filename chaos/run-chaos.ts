import { setTimeout as pause } from 'node:timers/promises';
import { buildFaultline } from '../stack/faultline-process.js';
import type { Cleanups } from '../stack/site.js';
import { seededRandom, type WorldRandom } from '../world/random.js';
import { startChaosSite, type ChaosSite } from './chaos-site.js';
import { count, ledgerOf, sayings, wrongs, type Count } from './count.js';
import { cutConnections } from './cuts.js';
import { FaultFeed } from './fault-feed.js';
import { lookAtGroup, type GroupLook } from './group-state.js';
import { startInstallation, untilAllReady, type Installation } from './installation.js';
import { killPlan, leastOf, type Action } from './kill-plan.js';
import { strike, type Scene } from './kill-points.js';
import { resultOf, type ChaosResult, type Fall } from './result.js';
import { Tally } from './tally.js';
import { Victims } from './victims.js';

export interface ChaosOptions {
  readonly minutes: number;
  readonly seed: string;
  readonly nodes: number;
  /** Where everything is kept. */
  readonly folder: string;
  /** What has happened, for people. */
  readonly tell: (line: string) => void;
}

const minuteMs = 60_000;
const readyPatienceMs = 3 * minuteMs;
const quietMs = minuteMs;
/** Longer than a subscriber that refuses five times in a row is waited for. */
const tellingMs = minuteMs;
const overtimeMs = 2 * minuteMs;

/** Starts everything, breaks it for so many minutes, lets it rest, and has it counted. What was started is in `cleanups`. */
export async function runChaos(cleanups: Cleanups, options: ChaosOptions): Promise<ChaosResult> {
  const { minutes, seed, tell } = options;
  tell('starting three brokers, PostgreSQL, registry, Kubernetes and the machines');
  const [site] = await Promise.all([startChaosSite(cleanups, options), buildFaultline()]);
  tell('starting two copies of each service');
  const installation = await startInstallation(cleanups, site);
  await untilAllReady(installation, readyPatienceMs);
  const tally = new Tally();
  await breakEverything(cleanups, { ...options, site, installation, tally });
  tell('quiet');
  await untilAllReady(installation, readyPatienceMs);
  const counted = await countAfterQuiet(site, minutes);
  const ownEnds = [...installation.values()].reduce((ends, { copy }) => ends + copy.ownEnds, 0);
  const falls = (kind: 'hangs' | 'crashes'): readonly Fall[] =>
    [...installation.values()].flatMap(({ copy }) => copy[kind].map((where) => ({ copy: copy.name, where })));
  const fallen = { hangs: falls('hangs'), crashes: falls('crashes') };
  return resultOf({ seed, minutes, tally, ownEnds, ...fallen, count: counted });
}

interface Run extends ChaosOptions {
  readonly site: ChaosSite;
  readonly installation: Installation;
  readonly tally: Tally;
}

/** Resolves when all faults have been acknowledged and all connections are whole again. */
async function breakEverything(cleanups: Cleanups, run: Run): Promise<void> {
  const { site, installation, tally, minutes, seed } = run;
  const random = seededRandom(seed);
  const over = new AbortController();
  const least = leastOf(minutes);
  const feed = new FaultFeed({
    fleet: site.machines.fleet,
    random: random.fork('faults'),
    intakes: [...installation.values()]
      .filter(({ copy }) => copy.options.service === 'intake')
      .map(({ copy }) => copy.options.url),
    ledger: ledgerOf(site),
    // A tenth more than wanted, since a few are late.
    everyMs: (minutes * minuteMs) / (least.faults * 1.1),
    tally,
  });
  const look = (group: string): GroupLook => {
    const opened = lookAtGroup(site.kafka.bootstrapServers, group);
    cleanups.add(() => opened.close());
    return opened;
  };
  const scene: Scene = {
    installation,
    victims: new Victims(site, installation, tally),
    feed,
    groups: { maintenance: look('maintenance'), migrator: look('migrator') },
    random: random.fork('moments'),
    patienceMs: 20_000,
  };
  const { signal } = over;
  const feeding = feed.run(signal);
  const { toxiproxy } = site;
  // Half as many again as wanted: those that only delay don't count.
  const everyMs = (minutes * minuteMs) / (least.cuts * 1.6);
  const cutting = cutConnections({ toxiproxy, random: random.fork('cuts'), everyMs, tally, signal });
  try {
    await killInTurn(scene, run, random.fork('kills'));
  } finally {
    over.abort();
  }
  await Promise.all([feeding, cutting]);
}

/** Evenly over the minutes; moments that did not come are waited for again, for a while. */
async function killInTurn(scene: Scene, run: Run, random: WorldRandom): Promise<void> {
  const plan = killPlan(run.minutes, random);
  const began = Date.now();
  const durationMs = run.minutes * minuteMs;
  const missed: Action[] = [];
  for (const [index, action] of plan.entries()) {
    const due = began + (durationMs * (index + 0.5)) / plan.length;
    await pause(Math.max(0, due - Date.now()));
    if (!(await carryOut(scene, run, action))) missed.push(action);
  }
  await pause(Math.max(0, began + durationMs - Date.now()));
  for (let action = missed.shift(); action !== undefined; action = missed.shift()) {
    if (Date.now() > began + durationMs + overtimeMs) return;
    if (!(await carryOut(scene, run, action))) missed.push(action);
  }
}

async function carryOut(scene: Scene, { tally, tell }: Run, action: Action): Promise<boolean> {
  if (action.kind === 'kill') {
    tell(`kill ${action.targets.join(', ')}`);
    await scene.victims.kill(action.targets);
    return true;
  }
  const hit = await strike(action.point, scene);
  tell(`${action.point}: ${hit ? 'hit' : 'did not come'}`);
  if (hit) tally.hit(action.point);
  return hit;
}

/** After a minute; a short run is counted as soon as everything has ended. */
async function countAfterQuiet(site: ChaosSite, minutes: number): Promise<Count> {
  const quietUntil = Date.now() + quietMs;
  const isShort = minutes < 5;
  while (isShort && Date.now() < quietUntil) {
    const counted = await count(site);
    const areOver = counted.untended === 0 && counted.open === counted.waitingForPerson;
    if (areOver && wrongs.every((what) => counted[what].length === 0)) return counted;
    await pause(3_000);
  }
  await pause(Math.max(0, quietUntil - Date.now()));
  return withAllTold(site, await count(site));
}

/**
 * What was published just before may still be under way to those who are told of it, the longer the busier the machine is: they
 * are asked again for a while. Everything else stays as it was counted.
 */
async function withAllTold(site: ChaosSite, counted: Count): Promise<Count> {
  const until = Date.now() + tellingMs;
  let told = counted;
  while (sayings.some((what) => told[what].length > 0) && Date.now() < until) {
    await pause(3_000);
    const later = await count(site, counted.countedAt);
    told = { ...counted, ...Object.fromEntries(sayings.map((what) => [what, later[what]])) };
  }
  return told;
}
