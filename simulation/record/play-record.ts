import { Judge, type Violation } from '../invariants/judge.js';
import { everyInvariant } from '../invariants/every-invariant.js';
import { Agenda } from '../scheduler/agenda.js';
import { listedDeviations } from '../scheduler/deviations.js';
import { Instant } from '../scheduler/incarnation.js';
import { Trace } from '../scheduler/trace.js';
import { takeTurns } from '../scheduler/turns.js';
import type { MemoryStore } from '../../adapters/memory/journal/store.js';
import { operations, type Operation } from '../../domain/command.js';
import type { Happening } from '../world/happening.js';
import { clusterName } from '../world/site.js';
import type { PlayedRow } from '../../world/record/played-row.js';
import { RecordPlayer } from '../../world/record/player.js';
import type { FailureRecord } from '../../world/record/row.js';
import { buildDataCentre, type DataCentre, type Rules } from './data-centre.js';

export interface RecordOptions {
  readonly record: FailureRecord;
  readonly nodes: number;
  readonly seed: number;
  readonly rules: Rules;
  readonly image: string;
  /** Hears everything that an outsider sees. */
  readonly listen: (happening: Happening) => void;
  /** Processes that subscribers saw begin and not end. */
  readonly active: () => number;
}

export interface PlayedRecord {
  readonly ledger: readonly PlayedRow[];
  /** The same for the same record, seed and code. */
  readonly hash: string;
  readonly steps: number;
  readonly virtualMs: number;
  readonly violation: Violation | undefined;
  /** What the journal holds at the end. */
  readonly store: MemoryStore;
}

const dayMs = 86_400_000;
/** The detector lists before the first row shows. */
const settleMs = 600_000;
/** After the last row, this is how long repairs may take. */
const aftermathMs = 90 * dayMs;
/** What is on its way when the last process has ended arrives within this. */
const lullMs = 7 * dayMs;

/** Plays a failure record on a whole installation in virtual time, holding every step against every invariant. */
export async function playRecord(options: RecordOptions): Promise<PlayedRecord> {
  const { record, seed, listen } = options;
  const first = record.rows[0]?.startedAt ?? 0;
  const start = first - settleMs;
  const agenda = new Agenda(start);
  const trace = new Trace({ keep: false });
  const judge = new Judge(trace, start);
  const deviations = listedDeviations(new Map());
  const people = { hear: (_: Happening): void => undefined };
  const centre = await buildDataCentre({
    ...options,
    surroundings: {
      seed,
      agenda,
      deviations,
      trace,
      calls: new Map(),
      lives: new Set<AbortController>(),
      atOnce: new Instant(),
    },
    listener: (happening, at) => {
      judge.hear(happening, at);
      people.hear(happening);
      listen(happening);
    },
  });
  people.hear = (happening) => {
    const told = happening.kind === 'published' ? happening.record.event.ProcessEvent : undefined;
    if (told !== undefined) centre.people.hear(told);
  };
  judge.invariants = invariantsOf(centre, options);
  const player = playerFor(centre, record, first);
  player.start();
  forgetDaily(agenda, () => void centre.installation.log.removeExpired());
  await playOut({ agenda, judge, player }, options, record.rows.at(-1)?.startedAt ?? first);
  judge.rest(agenda.now);
  const { hash, steps } = trace;
  return {
    ledger: player.ledger,
    hash,
    steps,
    virtualMs: agenda.now - start,
    violation: judge.violation,
    store: centre.installation.store,
  };
}

function playerFor({ fleet, clock, random, senders }: DataCentre, { rows }: FailureRecord, startAt: number) {
  return new RecordPlayer({
    fleet,
    cluster: clusterName,
    rows,
    clock,
    random: random.fork('record'),
    sender: senders,
    startAt,
  });
}

function invariantsOf({ site, installation, bootNumber }: DataCentre, { nodes, rules }: RecordOptions) {
  const { policy, guard } = rules;
  const budgetOf = (operation: Operation) => guard.budgets.find(({ name }) => name === operation);
  const most = (operation: Operation): number => {
    const share = budgetOf(operation)?.atOnce?.share ?? 0;
    return share === 0 ? 0 : Math.max(1, Math.floor(share * nodes));
  };
  return everyInvariant({
    site,
    store: installation.store,
    recipe: policy.recipes.KernelDeadlock,
    limits: {
      isolated: most('isolate'),
      inventoryAgeMs: guard.inventoryMaximumAgeMs,
      // How many nodes are isolated is counted by nodes.
      atOnce: { ...byOperation(most), isolate: Infinity },
      rates: byOperation((operation) => budgetOf(operation)?.rate ?? unlimited),
    },
    aheadMs: () => 0,
    // What becomes of each row of the record is in the ledger.
    ailments: () => [],
    isIll: () => true,
    bootNumber,
  });
}

const unlimited = { count: Infinity, windowMs: dayMs };

function byOperation<Value>(value: (operation: Operation) => Value): Partial<Record<Operation, Value>> {
  return Object.fromEntries(operations.map((operation) => [operation, value(operation)]));
}

/** The log keeps no more than its topics do: years of records would cost the collector of garbage a look at each. */
function forgetDaily(agenda: Agenda, forget: () => void): void {
  agenda.after(dayMs, () => {
    forget();
    forgetDaily(agenda, forget);
  });
}

/** Until every row has shown and no process runs any more, and what they left behind has arrived. */
async function playOut(
  run: { readonly agenda: Agenda; readonly judge: Judge; readonly player: RecordPlayer },
  { active, record }: RecordOptions,
  lastRowAt: number,
): Promise<void> {
  const { agenda, judge, player } = run;
  const rows = record.rows.length;
  let quietSince: number | undefined;
  await takeTurns(() => {
    if (!agenda.step() || agenda.now > lastRowAt + aftermathMs) return false;
    const isQuiet = player.played === rows && active() === 0;
    quietSince = isQuiet ? (quietSince ?? agenda.now) : undefined;
    return judge.violation === undefined && (quietSince === undefined || agenda.now < quietSince + lullMs);
  });
}
