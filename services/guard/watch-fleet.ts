import type { ChangeBook } from '../../adapters/ports/change-book.js';
import type { GuardBook, GuardPresent, PauseNews } from '../../adapters/ports/guard-book.js';
import type { FleetInventory, FleetPicture } from '../../adapters/ports/journal.js';
import { namesOf, type CauseId, type NodeKey, type PauseId } from '../../domain/identifiers.js';
import type { Pause } from '../../domain/pause.js';
import type { Order } from '../../domain/signal.js';
import { shortId } from '../short-id.js';
import { pause, superviseLoop, type Supervision } from '../supervision.js';
import { tripped, type Breaker, type PlacedCase, type Trip } from './breakers.js';
import { correlate, type Step } from './correlate.js';
import { FleetPictures } from './fleet-pictures.js';
import type { BusinessMetric } from './metrics/business-metric.js';
import { RecentCases } from './recent-cases.js';
import { endQuiet } from './end-quiet.js';
import { endSoaks } from './end-soaks.js';
import { takeBackChanges, type ChangeWatch } from './take-back-changes.js';
import { takeBack, type ToldProcesses } from './take-back.js';

export interface FleetGuardOptions extends Supervision, ChangeWatch {
  readonly book: GuardBook;
  readonly news: PauseNews;
  readonly changes: Pick<ChangeBook, 'takeBack' | 'soaking' | 'endSoak' | 'granted' | 'end'>;
  readonly inventory: Pick<FleetInventory, 'picture' | 'member'>;
  /** What holds now: it may change from one look to the next. */
  readonly rules: () => FleetRules;
  /** Gives an order to a process; resolves when the log has it. The same id again is the same order. */
  readonly order: (node: NodeKey, order: OwnOrder, id: CauseId) => Promise<void>;
}

/** `dismiss`: what it is about is no fault. `abort`: it stops, and a person goes on. */
export type OwnOrder = Order & { readonly kind: 'dismiss' | 'abort' };

export interface FleetRules {
  readonly breakers: readonly Breaker[];
  readonly metrics: readonly Pick<BusinessMetric, 'name'>[];
  readonly lookEveryMs: number;
}

/** Changes of pauses that go into the outbox together. */
const newsAtOnce = 100;

/** So long after the last verdict about a metric nobody judges it any more, ms. */
const forgottenAfterMs = 300_000;

/**
 * Looks at new faults and pauses what breakers say, ends what is over, and takes back what a person has denied. Any number
 * of copies may run: of a pause only one is in force at a time, and an order is known by its id.
 */
export function watchFleet(options: FleetGuardOptions): Promise<void> {
  const told: ToldProcesses = new Set();
  const fleet: Fleet = {
    recent: new RecentCases(options.book, options.inventory),
    pictures: new FleetPictures(options.inventory),
  };
  return superviseLoop('guard', options, async () => {
    const { breakers, lookEveryMs } = options.rules();
    const present = await options.book.present();
    await takeBackChanges(options);
    await endSoaks(options, fleet.pictures);
    await endExpired(options, present);
    await endForgotten(options, present);
    await trip(options, breakers, { present, fleet });
    await takeBack(options, present, told);
    await tellPauses(options.news);
    await pause(options, lookEveryMs);
  });
}

/** Few pauses change between two looks; after a while without anybody who tells, many may have. */
async function tellPauses(news: PauseNews): Promise<void> {
  while ((await news.tell(newsAtOnce)) === newsAtOnce);
}

async function endExpired({ book, clock, log }: FleetGuardOptions, { pauses }: GuardPresent): Promise<void> {
  const at = clock.now();
  for (const { id, until } of pauses) {
    if (until === undefined || until > at) continue;
    const end = { how: 'expired', by: 'faultline', reason: 'its time is over', at } as const;
    if (await book.end(id, end)) log.info({ pause: id }, 'a pause is over: its time has come');
  }
}

/**
 * A metric that the policy does not have any more is never good again. Another copy may still go by the policy of before: nobody judges it
 * any more when nobody has for a while. What was denied stays.
 */
async function endForgotten(
  { book, clock, log, rules }: FleetGuardOptions,
  { pauses, verdicts }: GuardPresent,
): Promise<void> {
  const at = clock.now();
  const known = new Set(rules().metrics.map(({ name }) => name));
  for (const { id, regression } of pauses) {
    if (regression === undefined || regression.denied !== undefined) continue;
    const { metric } = regression.verdict;
    const judgedAt = verdicts.find((one) => one.metric === metric)?.at ?? 0;
    if (known.has(metric) || at < judgedAt + forgottenAfterMs) continue;
    const end = { how: 'over', by: 'faultline', reason: `the policy has no metric ${metric}`, at } as const;
    if (await book.end(id, end))
      log.warn({ pause: id, metric }, 'a metric is not in the policy any more: what it held back goes on');
  }
}

/** What is kept from one look to the next. */
interface Fleet {
  readonly recent: RecentCases;
  readonly pictures: FleetPictures;
}

async function trip(
  options: FleetGuardOptions,
  breakers: readonly Breaker[],
  { present, fleet }: { readonly present: GuardPresent; readonly fleet: Fleet },
): Promise<void> {
  const { book, clock } = options;
  const { recent, pictures } = fleet;
  if (breakers.length === 0) return;
  const now = clock.now();
  const windowsMs = breakers.map(({ withinMs }) => withinMs);
  const { cases, uncountedFromMs } = await recent.read(windowsMs, now);
  if (cases.length >= Math.min(...breakers.map(({ nodes }) => nodes))) {
    const answered = await book.answeredSince(now - Math.max(...windowsMs));
    const trips = tripped(breakers, {
      cases,
      pictures: await picturesOf(options, cases, pictures),
      ...{ answered, uncountedFromMs, now },
    });
    for (const step of correlate(trips, present.pauses)) await take(options, step);
  }
  await endQuiet(options, breakers, { pauses: present.pauses, now });
}

/** By cluster, of those that have cases. */
async function picturesOf(
  { clock }: FleetGuardOptions,
  cases: readonly PlacedCase[],
  pictures: FleetPictures,
): Promise<ReadonlyMap<string, FleetPicture>> {
  const found = new Map<string, FleetPicture>();
  for (const cluster of new Set(cases.map(({ node }) => namesOf(node).cluster))) {
    const picture = await pictures.of(cluster, () => clock.now());
    if (picture !== undefined) found.set(cluster, picture);
  }
  return found;
}

async function take(options: FleetGuardOptions, step: Step): Promise<void> {
  switch (step.kind) {
    case 'begin':
      return begin(options, step.trip);
    case 'grow':
      await options.book.update(step.pause.id, step.incident);
      return;
    case 'join': {
      const { book, clock, log } = options;
      const end = {
        how: 'joined',
        by: 'faultline',
        reason: `part of ${step.into}`,
        at: clock.now(),
      } as const;
      if (await book.end(step.pause.id, end))
        log.warn({ pause: step.pause.id, into: step.into }, 'an incident is part of a greater one');
    }
  }
}

async function begin(
  { book, clock, randomness, log }: FleetGuardOptions,
  { key, where, incident }: Trip,
): Promise<void> {
  const { breaker, common, shared, count, faultTypes } = incident;
  const reason = `${count} nodes of ${common} have new faults: ${faultTypes.join(', ')}`;
  const begun: Pause = {
    ...{ id: shortId('z', randomness.uuid()) as PauseId, key, where, incident },
    begun: { by: `breaker ${breaker}`, reason, at: clock.now() },
  };
  if (await book.begin(begun))
    log.error(
      { pause: begun.id, breaker, count, faultTypes, shared },
      `${reason}. Nothing more is begun there until a person says what it is: faultline guard approve ${begun.id}, or deny`,
    );
}
