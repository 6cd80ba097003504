import { describe, expect, it } from 'vitest';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import { takenUpAtOnce } from '../../../adapters/journal/waiting-inputs.js';
import type { AdvanceRequest } from '../../../adapters/ports/journal.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import type { Input } from '../../../domain/signal.js';
import {
  batch,
  commandOf,
  decision,
  nodeNamed,
  noteMessage,
  processOf,
  repeated,
  report,
  retry,
  starting,
} from './decisions.js';
import { eachFresh, type Harness, type Installation } from './harness.js';

const n1 = nodeNamed('n1');
const n2 = nodeNamed('n2');

function failing(what: string): AdvanceRequest['decide'] {
  return (state, input) => {
    if (input.kind === 'report' && input.report.message === what) throw new Error(`can't decide ${what}`);
    return noteMessage(state, input);
  };
}

/** A report that repeats no other. */
function said(node: NodeKey, message: string): Input {
  const input = report(node, message);
  if (input.kind !== 'report') throw new Error('a report');
  return { ...input, report: { ...input.report, source: `says ${message}` } };
}

/** A report that says the same under every id. */
function firing(changes: Partial<Extract<Input, { kind: 'report' }>['report']> = {}): Input {
  const input = report(n1, 'repeat');
  if (input.kind !== 'report') throw new Error('a report');
  return { ...input, report: { ...input.report, ...changes } };
}

/** What advance promises about parked nodes, on every journal. */
export function parkingSuite(harness: () => Harness): void {
  let installation: Installation;
  let copy: OpenJournal;
  eachFresh(harness, (fresh) => {
    ({ installation, copy } = fresh);
  });

  const messages = async (): Promise<readonly unknown[]> => {
    const facts = await copy.history.facts(n1, { fromVersion: 1, limit: 5_000 });
    return facts.map(({ type, patch }) => (type === 'FaultOpened' ? patch['bootId'] : type));
  };
  const advance = (inputs: readonly Input[], more: Partial<AdvanceRequest> = {}) =>
    copy.journal.advance(batch(inputs, more));
  const fates = async (): Promise<readonly { readonly reportId: string }[]> => {
    const entries = [...(await copy.outbox.unsent([0], 9_000)), ...(await copy.outbox.unsent([1], 9_000))];
    return entries
      .filter(({ event }) => event === 'ReportsDecided')
      .flatMap(({ body }) => JSON.parse(String(body)) as { reportId: string }[]);
  };

  describe('a parked node', () => {
    it('keeps the input that could not be decided and all that follow, in order, and takes them up in order', async () => {
      const result = await advance([said(n1, 'bad'), said(n1, 'second'), said(n2, 'other')], {
        decide: failing('bad'),
      });
      expect(result).toMatchObject({ decided: 2, parked: 1, waiting: 2 });
      expect(await advance([said(n1, 'third')])).toMatchObject({ decided: 0, waiting: 1 });
      expect((await copy.history.state(n2))?.bootId).toBe('other');
      await advance([retry(n1)]);
      expect(await messages()).toEqual(['NodeParked', 'signal', 'bad', 'second', 'third', 'NodeUnparked']);
      expect((await copy.history.state(n1))?.parked).toBeUndefined();
      expect(await copy.history.waiting(n1)).toEqual([]);
      expect(await copy.history.parked({ limit: 10 })).toEqual([]);
    });

    it('loses nothing when it fails again halfway: what was taken up is over, the rest waits in its order', async () => {
      await advance([said(n1, 'bad'), said(n1, 'good'), said(n1, 'worse'), said(n1, 'last')], {
        decide: failing('bad'),
      });
      await advance([retry(n1), said(n1, 'later')], { decide: failing('worse') });
      expect((await copy.history.state(n1))?.parked).toMatchObject({ attempts: 2 });
      expect((await copy.history.parked({ limit: 10 }))[0]).toMatchObject({ node: n1, waiting: 3 });
      await advance([retry(n1)]);
      expect((await messages()).filter((said) => !String(said).match(/^Node|^signal/))).toEqual([
        'bad',
        'good',
        'worse',
        'last',
        'later',
      ]);
    });

    it('takes up in one batch what was parked in the same batch', async () => {
      let tries = 0;
      const decide: AdvanceRequest['decide'] = (state, input) => {
        tries += 1;
        if (tries === 1) throw new Error('once');
        return noteMessage(state, input);
      };
      await advance([said(n1, 'a'), said(n1, 'b'), retry(n1), said(n1, 'c')], { decide });
      expect(await messages()).toEqual(['NodeParked', 'signal', 'a', 'b', 'NodeUnparked', 'c']);
      expect(await copy.history.waiting(n1)).toEqual([]);
    });

    it('reads none of its inputs a second time', async () => {
      const request = batch([report(n1, 'bad'), report(n1, 'next')], { decide: failing('bad') });
      await copy.journal.advance(request);
      await copy.journal.advance({ ...request, topic: 'replayed' });
      expect((await copy.history.parked({ limit: 1 }))[0]).toMatchObject({ waiting: 2 });
    });

    it('coalesces reports that only repeat: first, last and count; each still gets its fate', async () => {
      const first = report(n1, 'bad');
      const same = Array.from({ length: 20 }, (_, index) => firing({ sequence: index }));
      await advance([first, ...same.slice(0, 12)], { decide: failing('bad') });
      await advance(same.slice(12));
      const rows = await copy.history.waiting(n1);
      expect(rows).toEqual([
        {
          what: 'report DiskFailure firing by agent',
          first: first.at,
          last: same.at(-1)?.at,
          count: 21,
        },
      ]);
      expect(await fates()).toEqual([]);
      const seen: unknown[] = [];
      const decide: AdvanceRequest['decide'] = (state, input) => {
        if (input.kind === 'report') seen.push([input.causeId, input.report.sequence, input.late]);
        return input.kind === 'report' ? repeated(state, input) : noteMessage(state, input);
      };
      await advance([retry(n1)], { decide });
      expect(seen).toEqual([
        [first.causeId, undefined, true],
        ...same.map(({ causeId }, index) => [causeId, index, true]),
      ]);
      expect((await fates()).map(({ reportId }) => reportId)).toEqual([
        first.causeId,
        ...same.map(({ causeId }) => causeId),
      ]);
    });

    it('does not coalesce over what its source said in between, nor over a signal', async () => {
      await advance([report(n2, 'bad'), report(n1, 'bad')], { decide: failing('bad') });
      const waits: AdvanceRequest['admit'] = (state) => (state.parked === undefined ? 'decide' : 'wait');
      await advance(
        [
          firing(),
          firing({ status: 'cleared' }),
          firing({ status: 'cleared' }),
          firing(),
          retry(n1),
          firing(),
        ],
        { admit: waits },
      );
      const rows = await copy.history.waiting(n1);
      expect(rows.map(({ what, count }) => `${what} ${count}`)).toEqual([
        'report DiskFailure firing by agent 2',
        'report DiskFailure cleared by agent 2',
        'report DiskFailure firing by agent 1',
        'signal RetryParked 1',
        'report DiskFailure firing by agent 1',
      ]);
    });

    it('is taken up in several transactions when very much waits, the next ordered by a signal', async () => {
      await advance([report(n1, 'bad')], { decide: failing('bad') });
      const many = Array.from({ length: takenUpAtOnce + 40 }, () => firing());
      await advance(many);
      const decide: AdvanceRequest['decide'] = (state, input) => {
        if (input.kind === 'report') return repeated(state, input);
        return decision(state, input, []);
      };
      await advance([retry(n1)], { decide });
      expect((await copy.history.state(n1))?.parked).toBeDefined();
      expect((await copy.history.parked({ limit: 1 }))[0]?.waiting).toBe(41);
      const entries = [...(await copy.outbox.unsent([0], 9_000)), ...(await copy.outbox.unsent([1], 9_000))];
      const signals = entries.filter(({ event }) => event === 'Signal');
      expect(signals.map(({ body }) => JSON.parse(String(body)) as unknown)).toMatchObject([
        { kind: 'RetryParked' },
      ]);
      await advance([firing(), retry(n1)], { decide });
      expect((await copy.history.state(n1))?.parked).toBeUndefined();
      const told = (await fates()).map(({ reportId }) => reportId);
      expect(new Set(told).size).toBe(told.length);
      expect(told).toHaveLength(takenUpAtOnce + 42);
    });

    it('has its commands rest until it is taken up', async () => {
      const command = commandOf(n1, 1);
      await advance([report(n1)], { decide: starting([command]) });
      await advance([report(n1, 'bad')], { decide: failing('bad') });
      const now = installation.clock.now();
      const claim = { by: 'me', now, leaseMs: 1_000, budgets: [] };
      expect(await copy.commands.claimable(now, 10)).toEqual([]);
      expect(await copy.commands.nextDue(0)).toBeUndefined();
      expect(await copy.commands.claim(command.id, claim)).toEqual({ kind: 'gone' });
      const woken = copy.commands.awaitWork(new AbortController().signal);
      await advance([retry(n1)]);
      await woken;
      expect(await copy.commands.claim(command.id, claim)).toMatchObject({ kind: 'claimed' });
    });

    it('shows on its process why it waits, and no longer when it goes on', async () => {
      await advance([report(n1)], { decide: starting([]) });
      await advance([report(n1, 'bad')], { decide: failing('bad') });
      expect((await copy.history.process(processOf(n1)))?.waitingFor).toBe("node parked: can't decide bad");
      await advance([retry(n1)]);
      expect((await copy.history.process(processOf(n1)))?.waitingFor).toBeUndefined();
    });

    it('keeps texts that no column would take', async () => {
      const odd = report(n1, 'bad');
      if (odd.kind !== 'report') throw new Error('a report');
      const input: Input = { ...odd, report: { ...odd.report, source: 'x\0\ud800' } };
      await advance([input], { decide: failing('bad') });
      const seen: Input[] = [];
      await advance([retry(n1)], {
        decide: (state, taken) => {
          seen.push(taken);
          return decision(state, taken, []);
        },
      });
      expect(seen.filter(({ kind }) => kind === 'report')).toEqual([{ ...input, late: true }]);
    });
  });
}
