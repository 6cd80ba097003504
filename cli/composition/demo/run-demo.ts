import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { JumpingClock } from '../../../adapters/clock/jumping-clock.js';
import { systemRandomness } from '../../../adapters/clock/system-clock.js';
import { LogUnavailable } from '../../../adapters/ports/event-log.js';
import { JournalUnavailable } from '../../../adapters/ports/journal.js';
import type { Log } from '../../../adapters/ports/log.js';
import { PeopleOnCall } from '../../../simulation/record/people-on-call.js';
import { seededRandom } from '../../../world/random.js';
import { IntakeSender } from '../../../world/record/intake-sender.js';
import { RecordPlayer } from '../../../world/record/player.js';
import { readRecordFile } from '../../../world/record/read-record.js';
import type { FailureRecord } from '../../../world/record/row.js';
import { loadConfiguration } from '../../configuration/load.js';
import { startInstallation } from '../installation.js';
import { serviceNames } from '../service-names.js';
import { writeDemoConfiguration } from './configuration-file.js';
import { narrate } from './narrator.js';
import { OrderDesk } from './order-desk.js';
import { isQuiet, type Stage } from './quiet.js';
import { resultOf, type DemoResult } from './result.js';
import { startSimulatedWorld } from './simulated-world.js';
import { startStack, type StackEndpoints } from './stack-endpoints.js';
import { startStackWorld } from './stack-world.js';
import { subscribeWitness, Witness } from './witness.js';
import type { DemoWorld, DemoWorldOptions } from './world.js';

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
  /** On a real stack of its own instead of the embedded one. */
  readonly stack?: boolean;
}

export interface RunningDemo {
  readonly url: string;
  /** When the record has been played and every process has ended. */
  readonly result: Promise<DemoResult>;
  stop(): Promise<void>;
}

const dayMs = 86_400_000;
/** The world settles (pods get places, the detector lists) before the first row shows. */
const settleMs = 600_000;
/** After the last row, this is how long repairs may take. */
const aftermathMs = 90 * dayMs;

/** What was started, to be stopped in the reverse order; `stop` is idempotent. */
class Started {
  readonly #steps: (() => unknown)[] = [];

  add(step: () => unknown): void {
    this.#steps.unshift(step);
  }

  async stop(): Promise<void> {
    for (const step of this.#steps.splice(0)) await step();
  }
}

/** The stack is started, and stopped again, by its own program. */
async function stackFor(
  options: DemoOptions,
  folder: string,
  started: Started,
): Promise<StackEndpoints | undefined> {
  if (options.stack !== true) return undefined;
  const stack = await startStack(join(folder, 'stack'), options.narrate);
  started.add(() => stack.stop());
  return stack.endpoints;
}

async function worldFor(
  options: DemoWorldOptions,
  stack: StackEndpoints | undefined,
  clock: JumpingClock,
): Promise<DemoWorld> {
  if (stack === undefined) return startSimulatedWorld(options);
  const fromWall = (wallMs: number): number => clock.fromLogTime(wallMs);
  return startStackWorld({ ...options, kubernetes: stack.kubernetes, fromWall });
}

/** Data centre, Faultline and people, with the clock at a standstill. */
async function setUp(options: DemoOptions, clock: JumpingClock, started: Started): Promise<Stage> {
  const { nodes, port, log, logOf, environment, version } = options;
  const folder = mkdtempSync(join(tmpdir(), 'faultline-demo-'));
  started.add(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const stack = await stackFor(options, folder, started);
  const orders = new OrderDesk(() => installation.url);
  const people = new PeopleOnCall(clock, (order) => void orders.give(order));
  const random = seededRandom(options.seed);
  const onRepaired = (node: string): void => {
    people.repaired(node);
  };
  const world = await worldFor({ cluster: 'demo', nodes, random, clock, onRepaired }, stack, clock);
  started.add(() => world.stop());
  const installation = await startInstallation({
    configuration: loadConfiguration(writeDemoConfiguration(world, { folder, port, stack })),
    wanted: new Set(serviceNames),
    surroundings: { clock, randomness: systemRandomness, log, logOf, environment, version },
    interrupted: options.signal,
  });
  started.add(() => installation.stop());
  const sender = new IntakeSender({ baseUrl: installation.url, clock });
  started.add(() => sender.close());
  return { clock, world, installation, sender, people, orders };
}

/** Runs the clock until nothing of the record is left to show or to handle. */
async function runClock(
  stage: Stage,
  isOver: () => boolean,
  { end, signal }: { readonly end: number; readonly signal: AbortSignal },
): Promise<void> {
  const over = new AbortController();
  const probe = async (): Promise<boolean> => {
    if (!(await isQuiet(stage).catch(unlessAway))) return false;
    if (isOver()) over.abort();
    return true;
  };
  await stage.clock.run(probe, end, AbortSignal.any([signal, over.signal]));
}

/** While journal or log does not answer nobody knows whether there is work. */
function unlessAway(error: unknown): false {
  if (error instanceof JournalUnavailable || error instanceof LogUnavailable) return false;
  throw error;
}

/** Plays the record on what was set up, and counts. */
async function play(
  stage: Stage,
  witness: Witness,
  { record, signal }: { readonly record: FailureRecord; readonly signal: AbortSignal },
): Promise<DemoResult> {
  const { clock, world, installation, sender } = stage;
  const first = record.rows[0]?.startedAt ?? 0;
  const player = new RecordPlayer({
    fleet: world.fleet,
    cluster: world.cluster,
    rows: record.rows,
    clock,
    random: world.random.fork('record'),
    sender,
    startAt: first,
  });
  await world.createWorkload();
  player.start();
  try {
    const end = (record.rows.at(-1)?.startedAt ?? first) + aftermathMs;
    const isOver = (): boolean => player.finished && witness.active === 0;
    // A part that can't go on ends the demo instead of letting time run over it.
    await Promise.race([runClock(stage, isOver, { end, signal }), installation.ended]);
  } finally {
    player.stop();
  }
  return resultOf({ world, witness, ledger: player.ledger, dirty: record.dirty });
}

/**
 * Faultline on a data centre whose machines fail as a real record says. It is `faultline run` with another
 * configuration: only clock, machines, BMCs and people are not real, and, unless it plays on the stack, the API server.
 */
export async function startDemo(options: DemoOptions): Promise<RunningDemo> {
  const { nodes, days, speed } = options;
  const record = await readRecordFile(options.record, { nodes, ...(days === undefined ? {} : { days }) });
  const start = (record.rows[0]?.startedAt ?? 0) - settleMs;
  const clock = new JumpingClock({ start, speed, logTime: options.stack === true ? 'wall' : 'clock' });
  const started = new Started();
  try {
    const stage = await setUp(options, clock, started);
    const tell = narrate(options.narrate);
    const witness = new Witness((event) => {
      stage.people.hear(event);
      tell(event);
    });
    const subscription = subscribeWitness(stage.installation.connections.eventLog, witness);
    started.add(() => subscription.stop());
    const stopping = new AbortController();
    const signal = AbortSignal.any([options.signal, stopping.signal]);
    const result = play(stage, witness, { record, signal });
    // Whoever looks at it afterwards may wait for leave, and leases end.
    const afterwards = result.then(
      () => clock.walk(signal),
      () => undefined,
    );
    started.add(() => {
      stopping.abort();
      return afterwards;
    });
    return { url: stage.installation.url, result, stop: () => started.stop() };
  } catch (error) {
    await started.stop();
    throw error;
  }
}
