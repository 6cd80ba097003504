import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';

import type { OpenJournal } from '../../../adapters/journal/options.js';
import { createMemoryJournal } from '../../../adapters/memory/journal.js';
import type { ChangeBook, ChangeRow } from '../../../adapters/ports/change-book.js';
import type { PermitAnswer } from '../../../adapters/ports/change-guard.js';
import type { BudgetClaim } from '../../../adapters/ports/journal.js';
import type { Command } from '../../../domain/command.js';
import { outcomesOfChange, type OutcomeOfChange } from '../../../domain/change.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import { ConsoleRefusal } from '../../../services/console/forms/problem.js';
import {
  askForChange,
  endChange,
  keepChange,
  type ChangeSource,
} from '../../../services/console/handle-changes.js';
import {
  batch,
  budgetOf,
  commandOf,
  ending,
  nodeNamed,
  processOf,
  report,
  resultOf,
  starting,
} from '../../contract/journal/decisions.js';
import { defaultOptions, TestClock, TestRandomness } from '../../contract/journal/harness.js';

const nodes = ['n1', 'n2', 'n3'] as const;
const inFlight = 2;
const perMinute = 4;

type Step =
  | {
      readonly kind: 'ask';
      readonly key: number;
      readonly node: (typeof nodes)[number];
      readonly lease: string;
    }
  | { readonly kind: 'heartbeat'; readonly key: number }
  | { readonly kind: 'done'; readonly key: number; readonly outcome: OutcomeOfChange }
  | { readonly kind: 'own' | 'own ends'; readonly node: (typeof nodes)[number] }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'take back' | 'end soaks' };

const key = fc.nat(5);
const node = fc.constantFrom(...nodes);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      key,
      node,
      lease: fc.constantFrom('5s', '60s'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('heartbeat' as const), key }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('done' as const),
      key,
      outcome: fc.constantFrom(...outcomesOfChange),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('own' as const, 'own ends' as const), node }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('time' as const),
      ms: fc.constantFrom(1, 3_000, 5_000, 60_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('take back' as const, 'end soaks' as const) }) },
);

/** A few clients, a tiny budget and our own commands, of which every call of the book is a step of its own. */
class Play {
  readonly #clock = new TestClock();
  readonly #journal: OpenJournal = createMemoryJournal(defaultOptions(this.#clock));
  readonly #randomness = new TestRandomness();
  readonly #source: ChangeSource;
  readonly #ids = new Map<number, string>();
  readonly #issued = new Map<NodeKey, Command>();
  readonly #claimed = new Set<NodeKey>();
  readonly #tokens = new Map<string, number>();
  #processes = 0;

  constructor(scheduler: fc.Scheduler, soakMs: number | undefined) {
    this.#atOnce = scheduler.scheduleFunction((deed) => deed());
    this.#source = {
      clusters: ['a'],
      book: stepped(this.#journal.changeBook, scheduler),
      permits: {
        releaseEnded: scheduler.scheduleFunction(() => this.#journal.commands.releaseEnded()),
      },
      guard: {
        askFor: scheduler.scheduleFunction((): Promise<PermitAnswer> => Promise.resolve(this.#leave())),
      },
      clock: this.#clock,
      healthOf: () => Promise.resolve({ health: 'healthy', conditions: [], at: this.#clock.now() }),
      isOnlyForHealthy: () => false,
      headStartMsOf: () => 0,
      soakMsOf: () => soakMs,
      rolloutPauses: () => [],
      newId: () => this.#randomness.uuid(),
    };
  }

  /** As one step. */
  readonly #atOnce: (deed: () => Promise<void>) => Promise<void>;

  async begin(): Promise<void> {
    await this.#journal.upkeep.resume();
  }

  async take(taken: Step): Promise<void> {
    const patience = { waitMs: 0, gone: new AbortController().signal };
    switch (taken.kind) {
      case 'ask': {
        const order = {
          cluster: 'a',
          node: taken.node,
          operation: 'isolate',
          reason: 'test',
          lease: taken.lease,
        } as const;
        const given = { key: String(taken.key), subject: 'deployer', patience };
        const { id } = await askForChange(this.#source, order, given);
        expect(this.#ids.get(taken.key) ?? id).toBe(id);
        this.#ids.set(taken.key, id);
        return;
      }
      case 'heartbeat':
        await keepChange(this.#source, this.#idOf(taken.key), { subject: 'deployer', patience });
        return;
      case 'done':
        await endChange(this.#source, this.#idOf(taken.key), { outcome: taken.outcome, subject: 'deployer' });
        return;
      case 'own':
        return this.#atOnce(() => this.#claimOwn(nodeNamed(taken.node)));
      case 'own ends':
        return this.#atOnce(() => this.#endOwn(nodeNamed(taken.node)));
      case 'time':
        this.#clock.set(this.#clock.now() + taken.ms);
        return;
      case 'take back':
        return this.#atOnce(async () => {
          await this.#journal.changeBook.takeBack(this.#clock.now());
          for (const { leaseUntil, soak } of await this.#holders())
            if (soak === undefined) expect(leaseUntil).toBeGreaterThan(this.#clock.now());
        });
      case 'end soaks':
        return this.#atOnce(async () => {
          const at = this.#clock.now();
          for (const { change, soak } of await this.#journal.changeBook.soaking())
            if (soak.until <= at)
              await this.#journal.changeBook.endSoak(change.id, { ...soak.said, how: 'succeeded' });
        });
    }
  }

  /** What must hold between any two steps. */
  async check(): Promise<void> {
    const holders = await this.#holders();
    const soaking = holders.filter(({ soak }) => soak !== undefined);
    const owners = holders.filter(({ soak }) => soak === undefined);
    const owned = [...owners.map(({ change }) => change.node), ...this.#claimed];
    expect(new Set(owned).size).toBe(owned.length);
    const used = new Map((await this.#journal.guardBook.counters()).map((one) => [one.counter, one.used]));
    expect(used.get('isolate/in-flight/a') ?? 0).toBe(owned.length + soaking.length);
    expect(owned.length + soaking.length).toBeLessThanOrEqual(inFlight);
    for (const [counter, taken] of used)
      if (counter.startsWith('isolate/rate')) expect(taken).toBeLessThanOrEqual(perMinute);
    for (const { change, granted } of holders) this.#seeToken(change, granted?.token ?? 0);
  }

  #seeToken({ id, node }: ChangeRow['change'], token: number): void {
    const owned = String(node);
    const known = this.#tokens.get(id);
    if (known !== undefined) {
      expect(token).toBe(known);
      return;
    }
    expect(token).toBeGreaterThan(this.#tokens.get(owned) ?? 0);
    this.#tokens.set(id, token).set(owned, token);
  }

  async #holders(): Promise<readonly ChangeRow[]> {
    const { rows } = await this.#journal.changeBook.list({ open: true, limit: 100 });
    return rows.filter(({ granted }) => granted !== undefined);
  }

  #leave(): Extract<PermitAnswer, { readonly kind: 'ask' }> {
    const minute = Math.floor(this.#clock.now() / 60_000);
    const budgets: readonly BudgetClaim[] = [
      budgetOf('isolate/in-flight/a', inFlight, 'returned'),
      budgetOf(`isolate/rate/a/${minute}`, perMinute, 'never'),
    ];
    return { kind: 'ask', budgets, askAgainAt: {}, guardVersion: 0 };
  }

  #idOf(of: number): string {
    return this.#ids.get(of) ?? 'c-nobody';
  }

  async #claimOwn(of: NodeKey): Promise<void> {
    if (this.#claimed.has(of)) return;
    const command = this.#issued.get(of) ?? (await this.#issue(of));
    const { budgets, guardVersion } = this.#leave();
    const now = this.#clock.now();
    const claim = { by: 'one', now, leaseMs: 1e9, budgets, guardVersion };
    const answer = await this.#journal.commands.claim(command.id, claim);
    if (answer.kind === 'claimed') this.#claimed.add(of);
    if (answer.kind !== 'refused') return;
    const line = 'counter' in answer ? { line: answer.counter } : {};
    await this.#journal.commands.postpone(command.id, { until: now, reason: answer.why, ...line });
  }

  async #issue(of: NodeKey): Promise<Command> {
    this.#processes += 1;
    const command = commandOf(of, 1, 'isolateNode', processOf(of, this.#processes));
    const decide = starting([command], [], this.#processes);
    await this.#journal.journal.advance(batch([report(of)], { decide }));
    this.#issued.set(of, command);
    return command;
  }

  async #endOwn(of: NodeKey): Promise<void> {
    const command = this.#issued.get(of);
    if (command === undefined || !this.#claimed.has(of)) return;
    await this.#journal.commands.settle(resultOf(command), this.#clock.now());
    await this.#journal.journal.advance(batch([report(of)], { decide: ending }));
    await this.#journal.commands.releaseEnded();
    this.#claimed.delete(of);
    this.#issued.delete(of);
  }
}

function stepped(book: ChangeBook, scheduler: fc.Scheduler): ChangeBook {
  return {
    keep: scheduler.scheduleFunction((change, headStartMs) => book.keep(change, headStartMs)),
    grant: scheduler.scheduleFunction((id, ask) => book.grant(id, ask)),
    wait: scheduler.scheduleFunction((id, wait) => book.wait(id, wait)),
    noteHealth: scheduler.scheduleFunction((id, seen) => book.noteHealth(id, seen)),
    extend: scheduler.scheduleFunction((id, now) => book.extend(id, now)),
    end: scheduler.scheduleFunction((id, end) => book.end(id, end)),
    find: scheduler.scheduleFunction((id) => book.find(id)),
    takeBack: (now) => book.takeBack(now),
    soaking: () => book.soaking(),
    endSoak: (id, end) => book.endSoak(id, end),
    granted: (operation) => book.granted(operation),
    list: (query) => book.list(query),
    watchRoom: () => book.watchRoom(),
  };
}

it('whatever clients, our own commands and time do, no counter is above its limit, no node has two owners, tokens grow, and a lease that is over holds nothing', async () => {
  const clientsGoOn = (error: unknown): void => {
    if (!(error instanceof ConsoleRefusal)) throw error;
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }),
      fc.scheduler(),
      fc.constantFrom(undefined, 4_000),
      async (steps, scheduler, soakMs) => {
        const play = new Play(scheduler, soakMs);
        await play.begin();
        const begun: Promise<void>[] = [];
        const begin = (one: Step) => (): Promise<void> => {
          begun.push(play.take(one).catch(clientsGoOn));
          return Promise.resolve();
        };
        // They begin in this order, and go on in any.
        scheduler.scheduleSequence(steps.map((one) => ({ label: one.kind, builder: begin(one) })));
        while (scheduler.count() > 0) {
          await scheduler.waitNext(1);
          await eventLoopTurn();
          await play.check();
        }
        await Promise.all(begun);
      },
    ),
    { numRuns: 100 },
  );
});
