import { isolationTaint } from '../../adapters/ports/node-marks.js';
import { namesOf } from '../../domain/identifiers.js';
import { ofTheJournal, ofTheWorld, type HeldAgainst } from '../invariants/every-invariant.js';
import { Judge, type Violation } from '../invariants/judge.js';
import { Agenda } from '../scheduler/agenda.js';
import type { Deviations } from '../scheduler/deviations.js';
import { endLives, type Counted, type Surroundings } from '../scheduler/incarnation.js';
import { Trace } from '../scheduler/trace.js';
import { takeTurns } from '../scheduler/turns.js';
import type { Overhear } from '../parts/ports.js';
import type { Listener } from '../world/happening.js';
import { bootNumber } from '../world/machine.js';
import { build, type Built } from './build.js';
import { play } from './play.js';
import type { Script } from './script.js';

export interface Result {
  readonly hash: string;
  readonly steps: number;
  /** How long it took in virtual time. */
  readonly virtualMs: number;
  readonly violation: Violation | undefined;
  readonly lines: readonly string[];
  /** Outcomes of processes, as published. */
  readonly outcomes: Readonly<Record<string, number>>;
}

export interface RunOptions {
  readonly seed: number;
  readonly script: Script;
  readonly deviations: Deviations;
  readonly keepTrace?: boolean;
  /** Hears everything that an outsider sees. */
  readonly listen?: Listener;
  /** Hears every call of the journal. */
  readonly overhear?: Overhear;
  /** Is given what was built, to look into when all is over. */
  readonly onBuilt?: (built: Built) => void;
}

export const start = Date.UTC(2026, 0, 1);
/** By then, after everything works again, all has to be at rest. Virtual ms. */
const patienceMs = 20 * 86_400_000;
/** Then people take back what they did to nodes by hand: while they keep nodes out, the guard lets nobody else go. */
const tidyAfterMs = 2 * 3_600_000;
const mostSteps = 40_000;
const lookEveryMs = 15 * 60_000;

/** Plays one schedule to its end, or to the first violation. The same options give the same trace. */
export async function run({
  seed,
  script,
  deviations,
  keepTrace = false,
  listen,
  overhear,
  onBuilt,
}: RunOptions): Promise<Result> {
  const agenda = new Agenda(start);
  const trace = new Trace({ keep: keepTrace });
  const judge = new Judge(trace, start);
  const surroundings: Surroundings = {
    seed,
    agenda,
    deviations,
    trace,
    calls: new Map<string, Counted>(),
    lives: new Set<AbortController>(),
  };
  const hear: Listener = (happening, at) => {
    judge.hear(happening, at);
    if (happening.kind === 'journal lost') renew();
    listen?.(happening, at - start);
  };
  const built = await build(surroundings, script, { judge: hear, overhear });
  onBuilt?.(built);
  const lasting = ofTheWorld(heldAgainst(built));
  const renew = (): void => {
    judge.invariants = [...lasting, ...ofTheJournal(heldAgainst(built))];
  };
  renew();
  for (const scripted of script.events) {
    agenda.schedule(start + scripted.at, () => {
      trace.add(agenda.now, `${scripted.what} ${JSON.stringify(scripted)}`);
      play(built.cast, scripted);
    });
  }
  agenda.schedule(start + script.calmAt, () => {
    deviations.calm();
  });
  agenda.schedule(start + script.calmAt + tidyAfterMs, () => {
    for (const name of script.nodes) built.cast.people.tidyUp(name);
  });
  await playOut(built, agenda, judge, script);
  endLives(surroundings);
  const { hash, steps, lines } = trace;
  const { violation, outcomes } = judge;
  return { hash, steps, virtualMs: agenda.now - start, violation, lines, outcomes };
}

/** What the policy of schedules comes to for four nodes; of rates, the one that so few can reach. */
const limits: HeldAgainst['limits'] = {
  isolated: 2,
  inventoryAgeMs: 20 * 60_000,
  atOnce: { migrate: 1, 'delete-pods': 1, 'restart-component': 1, power: 1, reimage: 1 },
  rates: { 'restart-component': { count: 2, windowMs: 15 * 60_000 } },
};

function heldAgainst({ installation, cast: { site, hall } }: Built): HeldAgainst {
  const { policy, store } = installation;
  return {
    site,
    store,
    recipe: policy.recipes.KernelDeadlock,
    limits,
    aheadMs: (part) => installation.skewOf(part),
    ailments: () => hall.ailments,
    isIll: (node, faultType) => hall.isIll(namesOf(node).node, faultType),
    bootNumber,
  };
}

async function playOut(built: Built, agenda: Agenda, judge: Judge, script: Script): Promise<void> {
  const calmAt = start + script.calmAt;
  let lookAt = calmAt + lookEveryMs;
  let restful = 0;
  await takeTurns(() => {
    if (!agenda.step()) return false;
    if (agenda.now > calmAt + patienceMs || judge.steps > mostSteps)
      judge.fail('every process ends, or waits for a person', notAtRest(built), agenda.now);
    if (agenda.now >= lookAt) {
      lookAt = agenda.now + lookEveryMs;
      void isAtRest(built, script).then((rests) => {
        restful = rests ? restful + 1 : 0;
      });
    }
    return judge.violation === undefined && restful < 6;
  });
  judge.rest(agenda.now);
}

/** Nothing unread, unsent or open. Whether that is as it should be, the invariants say. */
async function isAtRest({ installation, active }: Built, script: Script): Promise<boolean> {
  const { log, store, site } = installation;
  // What a lost journal had isolated is told once a day until somebody takes it back.
  const wasLost = script.events.some(({ what }) => what === 'the journal is lost');
  if (wasLost && [...site.nodes.values()].some((node) => isolationTaint(node) !== undefined)) return false;
  if (active.size > 0 || store.queues.heads.length > 0) return false;
  if (store.unsent.some((queue) => queue.length > 0)) return false;
  return (await log.unread('maintenance')) === 0n && (await log.unread('migrator')) === 0n;
}

function notAtRest({ active, installation }: Built): string {
  const stages = [...active].map(([node, { processId, stage }]) => `${processId} of ${node} is ${stage}`);
  const waiting = installation.store.queues.heads.map(
    ({ command: { type }, status, waitingReason }) => `${type} ${status} ${waitingReason ?? ''}`,
  );
  return `still not at rest: ${[...stages, ...waiting].join('; ') || 'records unread or unsent'}`;
}
