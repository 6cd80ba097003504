import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { JumpingClock } from '../../../adapters/clock/jumping-clock.js';
import { systemRandomness } from '../../../adapters/clock/system-clock.js';
import type { Log } from '../../../adapters/ports/log.js';
import { IntakeSender } from '../../../world/record/intake-sender.js';
import { RecordPlayer } from '../../../world/record/player.js';
import { readRecordFile } from '../../../world/record/read-record.js';
import { loadConfiguration } from '../../configuration/load.js';
import { startInstallation, type RunningInstallation } from '../installation.js';
import { serviceNames } from '../service-names.js';
import { consumerGroups } from '../start-services.js';
import { writeDemoConfiguration } from './configuration-file.js';
import { narrate } from './narrator.js';
import { PeopleOnCall } from './people.js';
import { resultOf, type DemoResult } from './result.js';
import { subscribeWitness, Witness } from './witness.js';
import { startDemoWorld, type DemoWorld } from './world.js';

export interface DemoOptions {
  /** CSV file with the columns of data/lanl/system-18.csv. */
  readonly record: string;
  readonly nodes: number;
  /** Of the record; undefined: all of it. */
  readonly days?: number;
  /** At most so many seconds of the record in one second. */
  readonly speed: number;
  readonly seed: string;
  /** Of the API; 0: any free one. */
  readonly port: number;
  /** One line per event. */
  readonly narrate: (line: string) => void;
  readonly log: Log;
  readonly logOf: (service: string) => Log;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly signal: AbortSignal;
}

export interface RunningDemo {
  readonly url: string;
  /** When the record has been played and every process has ended. */
  readonly result: Promise<DemoResult>;
  stop(): Promise<void>;
}

const dayMs = 86_400_000;
const witnessGroup = 'demo-witness';
/** The world settles (pods get places, the detector lists) before the first row shows. */
const settleMs = 600_000;
/** After the last row, this is how long repairs may take. */
const aftermathMs = 90 * dayMs;

interface Stage {
  readonly clock: JumpingClock;
  readonly world: DemoWorld;
  readonly installation: RunningInstallation;
  readonly sender: IntakeSender;
  readonly people: PeopleOnCall;
}

/**
 * How many turns of the event loop all must be still: what one part wrote to a socket another one reads within two.
 */
const stillTurns = 4;

function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Nothing unread, unsent, claimable or under way: only then may time pass. */
function isStill({ installation, sender, people }: Stage): boolean {
  const { embeddedLog } = installation.connections;
  return (
    installation.underWay() === 0 &&
    sender.underWay === 0 &&
    people.underWay === 0 &&
    embeddedLog?.underWay() === 0
  );
}

async function staysStill(stage: Stage): Promise<boolean> {
  for (let turn = 0; turn < stillTurns; turn += 1) {
    await eventLoopTurn();
    if (!isStill(stage)) return false;
  }
  return true;
}

/** What this process knows of its own work is asked first; the database is asked last, since each look costs. */
async function isQuiet(stage: Stage): Promise<boolean> {
  if (!(await staysStill(stage))) return false;
  const { clock, installation } = stage;
  const { journal, embeddedLog } = installation.connections;
  const [unsent, ...due] = await Promise.all([
    journal.outbox.backlog(),
    journal.timers.nextDue(),
    journal.commands.nextDue(),
  ]);
  if (unsent > 0 || due.some((instant) => instant !== undefined && instant <= clock.now())) return false;
  for (const group of [...consumerGroups, witnessGroup]) {
    if (embeddedLog !== undefined && (await embeddedLog.unread(group)) > 0n) return false;
  }
  return isStill(stage);
}

/** Runs the clock until nothing of the record is left to show or to handle. */
async function play(
  stage: Stage,
  player: RecordPlayer,
  witness: Witness,
  end: number,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const done = AbortSignal.any([signal, over.signal]);
  const probe = async (): Promise<boolean> => {
    if (!(await isQuiet(stage))) return false;
    const active = [...witness.processes.values()].some((process) => process.outcome === undefined);
    if (player.finished && !active) over.abort();
    return true;
  };
  await stage.clock.run(probe, end, done);
}

/**
 * Faultline on a simulated data centre whose machines fail as a real record says. It is `faultline run` with another
 * configuration: only clock, API server, BMCs and people are not real.
 */
export async function startDemo(options: DemoOptions): Promise<RunningDemo> {
  const { nodes, days, signal } = options;
  const record = await readRecordFile(options.record, { nodes, ...(days === undefined ? {} : { days }) });
  const first = record.rows[0]?.startedAt ?? 0;
  const start = first - settleMs;
  const clock = new JumpingClock({ start, speed: options.speed });
  const folder = mkdtempSync(join(tmpdir(), 'faultline-demo-'));
  const people = new PeopleOnCall(clock, () => installation.url);
  const world = await startDemoWorld({
    cluster: 'demo',
    nodes,
    seed: options.seed,
    clock,
    onRepaired: (node) => {
      people.repaired(node);
    },
  });
  const configuration = loadConfiguration(writeDemoConfiguration(world, { folder, port: options.port }));
  const { log, logOf, environment, version } = options;
  const installation = await startInstallation({
    configuration,
    wanted: new Set(serviceNames),
    surroundings: { clock, randomness: systemRandomness, log, logOf, environment, version },
    interrupted: signal,
  });
  const tell = narrate(options.narrate);
  const witness = new Witness((event) => {
    people.hear(event);
    tell(event);
  });
  const subscription = subscribeWitness(installation.connections.eventLog, witness, witnessGroup);
  const sender = new IntakeSender({ baseUrl: installation.url, clock });
  const player = new RecordPlayer({
    fleet: world.fleet,
    cluster: world.cluster,
    rows: record.rows,
    clock,
    random: world.random.fork('record'),
    sender,
    startAt: first,
  });
  const stage: Stage = { clock, world, installation, sender, people };
  const stopping = new AbortController();
  const moving = AbortSignal.any([signal, stopping.signal]);
  const last = record.rows[record.rows.length - 1]?.startedAt ?? first;
  const played = (async (): Promise<DemoResult> => {
    await world.createWorkload();
    player.start();
    // A part that can't go on ends the demo instead of letting time run over it.
    await Promise.race([play(stage, player, witness, last + aftermathMs, moving), installation.ended]);
    return resultOf({ world, witness, ledger: player.ledger, dirty: record.dirty });
  })();
  return {
    url: installation.url,
    result: played,
    stop: async () => {
      stopping.abort();
      player.stop();
      await played.catch(() => undefined);
      await sender.close();
      await subscription.stop();
      await installation.stop();
      await world.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
