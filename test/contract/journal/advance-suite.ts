import { describe, expect, it } from 'vitest';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import { LogMismatch } from '../../../adapters/ports/journal.js';
import { replay } from '../../../domain/evolve.js';
import type { BootId } from '../../../domain/identifiers.js';
import {
  activeProcess,
  batch,
  causeNumber,
  commandOf,
  decision,
  ending,
  nodeNamed,
  noteMessage,
  processOf,
  repeated,
  report,
  starting,
  timerOf,
} from './decisions.js';
import { eachFresh, jsonWriter, type Harness, type Installation } from './harness.js';

const n1 = nodeNamed('n1');
const n2 = nodeNamed('n2');
const n3 = nodeNamed('n3');

async function versionsOf(copy: OpenJournal, node: typeof n1): Promise<readonly number[]> {
  const facts = await copy.history.facts(node, { fromVersion: 1, limit: 1000 });
  return facts.map(({ version }) => version);
}

/** What advance and startAt promise, on every journal. */
export function advanceSuite(harness: () => Harness): void {
  let installation: Installation;
  let copy: OpenJournal;
  eachFresh(harness, (fresh) => {
    ({ installation, copy } = fresh);
  });

  describe('an installation', () => {
    it('keeps its id, and starts paused in its first epoch', async () => {
      const first = await copy.journal.installation();
      const second = await (await installation.open()).journal.installation();
      expect(first).toEqual({ id: second.id, epoch: 1, paused: true });
      expect(first.id).toMatch(/^[a-z0-9]{1,20}$/);
    });

    it('is resumed once, and paused again by a new epoch', async () => {
      expect(await copy.upkeep.resume()).toMatchObject({ epoch: 1, paused: false });
      expect(await copy.upkeep.startEpoch()).toMatchObject({ epoch: 2, paused: true });
      expect(await copy.journal.installation()).toMatchObject({ epoch: 2, paused: true });
    });

    it('refuses another partition count', async () => {
      await expect(installation.open({ partitionCount: 5 })).rejects.toThrow(/made|has 4 partitions/);
    });
  });

  describe('startAt', () => {
    const assigned = { topic: 't', partition: 0, logId: 'log-1', low: 5n, high: 50n };

    it('begins a partition never read at the beginning of the log', async () => {
      expect(await copy.journal.startAt('g', assigned)).toBe(5n);
    });

    it('goes on where the last batch ended, whatever the log says', async () => {
      await copy.journal.startAt('g', assigned);
      await copy.journal.advance(batch([], { group: 'g', topic: 't', nextOffset: 20n }));
      expect(await copy.journal.startAt('g', assigned)).toBe(20n);
      expect(await copy.journal.startAt('other', assigned)).toBe(5n);
    });

    it('refuses a log that ends before what was read', async () => {
      await copy.journal.advance(batch([], { group: 'g', topic: 't', nextOffset: 51n }));
      await expect(copy.journal.startAt('g', assigned)).rejects.toBeInstanceOf(LogMismatch);
    });

    it('refuses another log, until a person starts a new log epoch', async () => {
      await copy.journal.startAt('g', assigned);
      const other = { ...assigned, logId: 'log-2', low: 0n };
      await expect(copy.journal.startAt('g', other)).rejects.toBeInstanceOf(LogMismatch);
      expect(await copy.upkeep.startLogEpoch({ subject: 'anna', reason: 'a new log' })).toBe(2);
      expect(await copy.journal.startAt('g', other)).toBe(0n);
    });

    it('refuses a log in which something was appended later than all that was read, where it has read', async () => {
      await copy.journal.advance(
        batch([report(n1)], { group: 'g', topic: 't', nextOffset: 20n, appendedAt: 5_000 }),
      );
      const asked: number[] = [];
      const firstSince =
        (first: bigint) =>
        (appendedAt: number): Promise<bigint> => {
          asked.push(appendedAt);
          return Promise.resolve(first);
        };
      await expect(
        copy.journal.startAt('g', { ...assigned, firstSince: firstSince(19n) }),
      ).rejects.toBeInstanceOf(LogMismatch);
      expect(await copy.journal.startAt('g', { ...assigned, firstSince: firstSince(20n) })).toBe(20n);
      expect(asked).toEqual([5_001, 5_001]);
    });

    it('goes by the latest time that it read, as one broker’s clock may be behind another’s', async () => {
      const read = async (nextOffset: bigint, appendedAt: number): Promise<unknown> =>
        copy.journal.advance(batch([report(n1)], { group: 'g', topic: 't', nextOffset, appendedAt }));
      await read(1_000_000n, 5_000);
      await read(1_000_001n, 4_000);
      const asked: number[] = [];
      await copy.journal.startAt('g', {
        ...assigned,
        high: 1_000_001n,
        firstSince: (appendedAt) => Promise.resolve(BigInt(1_000_001 + asked.push(appendedAt))),
      });
      expect(asked).toEqual([5_001]);
    });

    it('records lost input once and goes on behind it', async () => {
      await copy.journal.startAt('g', assigned);
      expect(await copy.journal.startAt('g', { ...assigned, low: 9n })).toBe(9n);
      expect(await copy.journal.startAt('g', { ...assigned, low: 9n })).toBe(9n);
      expect(await copy.upkeep.lostInput()).toEqual([
        { group: 'g', topic: 't', partition: 0, from: 5n, to: 9n, noticedAt: installation.clock.now() },
      ]);
    });
  });

  describe('advance', () => {
    it('stores facts and the state they fold to', async () => {
      const result = await copy.journal.advance(batch([report(n1, 'a'), report(n2, 'b'), report(n1, 'c')]));
      expect(result).toMatchObject({ skipped: 0, decided: 3, facts: 3, commands: 0, parked: 0 });
      const facts = await copy.history.facts(n1, { fromVersion: 1, limit: 10 });
      expect(facts.map(({ version, patch }) => [version, patch['bootId']])).toEqual([
        [1, 'a'],
        [2, 'c'],
      ]);
      expect(replay(n1, facts)).toEqual(await copy.history.state(n1));
    });

    it('goes on from the stored state in the next batch', async () => {
      await copy.journal.advance(batch([report(n1, 'a')]));
      await copy.journal.advance(batch([report(n1, 'b')]));
      expect(await versionsOf(copy, n1)).toEqual([1, 2]);
    });

    it('goes on from what another copy stored since it has read the state itself', async () => {
      const other = await installation.open();
      const bootOf = async (): Promise<unknown> => (await copy.history.state(n1))?.bootId;
      const through = (one: OpenJournal, what: string): Promise<unknown> =>
        one.journal.advance(batch([report(n1, what)]));
      await through(copy, 'a');
      await through(copy, 'repeat');
      await through(other, 'b');
      await through(copy, 'repeat');
      expect(await bootOf()).toBe('b');
      await through(copy, 'c');
      await through(other, 'repeat');
      await through(other, 'd');
      expect(await versionsOf(copy, n1)).toEqual([1, 2, 3, 4]);
      expect(await bootOf()).toBe('d');
    });

    it('does nothing when a batch comes again', async () => {
      const request = batch([report(n1, 'a'), report(n1, 'repeat')]);
      await copy.journal.advance(request);
      const backlog = await copy.outbox.backlog();
      expect(await copy.journal.advance(request)).toMatchObject({ skipped: 2, decided: 0 });
      expect(await versionsOf(copy, n1)).toEqual([1]);
      expect(await copy.outbox.backlog()).toBe(backlog);
      expect((await copy.history.repeats(n1))[0]?.count).toBe(1);
    });

    it('drops what a zombie with an old assignment brings below the fence', async () => {
      const zombie = await installation.open();
      const old = batch([report(n1, 'old')]);
      await copy.journal.advance({ ...batch([report(n1, 'new')]), nextOffset: old.nextOffset + 5n });
      expect(await zombie.journal.advance(old)).toMatchObject({ skipped: 1, decided: 0 });
      expect((await copy.history.state(n1))?.bootId).toBe('new');
    });

    it('keeps no memory of a cause that it dropped below the fence: where it is due it is decided', async () => {
      const old = batch([report(n1, 'old', causeNumber(0xabcdf0))]);
      await copy.journal.advance({ ...batch([report(n2, 'new')]), nextOffset: old.nextOffset + 5n });
      await copy.journal.advance(old);
      const due = batch([report(n1, 'old', causeNumber(0xabcdf0))], { partition: 1 });
      expect(await copy.journal.advance(due)).toMatchObject({ skipped: 0, decided: 1 });
    });

    it('decides the part of a batch that is above the fence', async () => {
      const first = batch([report(n1, 'a'), report(n1, 'b')]);
      await copy.journal.advance({
        ...first,
        inputs: first.inputs.slice(0, 1),
        nextOffset: first.nextOffset - 1n,
      });
      expect(await copy.journal.advance(first)).toMatchObject({ skipped: 1, decided: 1 });
      expect(await versionsOf(copy, n1)).toEqual([1, 2]);
    });

    it('goes on over gaps in the log', async () => {
      const request = batch([report(n1, 'a')]);
      await copy.journal.advance(request);
      const later = batch([report(n1, 'b')]);
      const [only] = later.inputs;
      if (only === undefined) throw new Error('one input');
      const offset = only.offset + 1_000_000n;
      const gap = { ...later, inputs: [{ ...only, offset }], nextOffset: offset + 1n, partition: 1 };
      expect(await copy.journal.advance(gap)).toMatchObject({ decided: 1 });
      expect(await copy.journal.advance(gap)).toMatchObject({ skipped: 1 });
    });

    it('decides a cause once, also at another offset and on another partition', async () => {
      const cause = causeNumber(0xabcdef);
      await copy.journal.advance(batch([report(n1, 'a', cause)]));
      const again = batch([report(n1, 'b', cause), report(n1, 'c', cause)], { partition: 1 });
      expect(await copy.journal.advance(again)).toMatchObject({ skipped: 2, decided: 0 });
    });

    it('decides a cause once within a batch', async () => {
      const cause = causeNumber(0xabcdee);
      const request = batch([report(n1, 'a', cause), report(n1, 'b', cause)]);
      expect(await copy.journal.advance(request)).toMatchObject({ skipped: 1, decided: 1 });
      expect((await copy.history.state(n1))?.bootId).toBe('a');
    });

    it('refuses a batch of another log', async () => {
      await copy.journal.advance(batch([report(n1)]));
      await expect(copy.journal.advance(batch([report(n1)], { logId: 'log-2' }))).rejects.toBeInstanceOf(
        LogMismatch,
      );
    });

    it('commits nothing of a batch that fails midway', async () => {
      let asked = 0;
      const failing = await installation.open({
        writer: {
          ...jsonWriter,
          decided: (made, input) => {
            asked += 1;
            if (asked === 2) throw new Error('no schema');
            return jsonWriter.decided(made, input);
          },
        },
      });
      const request = batch([report(n1, 'a'), report(n2, 'b')], {
        deadLetters: [{ offset: 0n, entry: { topic: 'dlt', key: 'k', body: undefined, headers: {} } }],
      });
      await expect(failing.journal.advance(request)).rejects.toThrow('no schema');
      expect(await copy.history.state(n1)).toBeUndefined();
      expect(await copy.outbox.backlog()).toBe(0);
      expect(await copy.journal.advance(request)).toMatchObject({ decided: 2, skipped: 0 });
    });

    it('parks the node of a poison input; its neighbours commit', async () => {
      const decide: typeof noteMessage = (state, input) => {
        if (state.node === n2) throw new Error('poison');
        return noteMessage(state, input);
      };
      const result = await copy.journal.advance(batch([report(n1), report(n2), report(n3)], { decide }));
      expect(result).toMatchObject({ decided: 3, parked: 1 });
      expect((await copy.history.state(n1))?.parked).toBeUndefined();
      expect((await copy.history.state(n2))?.parked?.reason).toBe('poison');
      expect((await copy.history.state(n3))?.bootId).toBe('open');
    });

    it('parks a node whose decision skips a version', async () => {
      const decide: typeof noteMessage = (state, input) => {
        const made = noteMessage(state, input);
        return { ...made, facts: made.facts.map((fact) => ({ ...fact, version: fact.version + 1 })) };
      };
      expect(await copy.journal.advance(batch([report(n1)], { decide }))).toMatchObject({ parked: 1 });
    });

    it('parks a node whose facts do not fold to the decided state', async () => {
      const decide: typeof noteMessage = (state, input) => {
        const made = noteMessage(state, input);
        return { ...made, state: { ...made.state, bootId: 'another' as BootId } };
      };
      expect(await copy.journal.advance(batch([report(n1)], { decide }))).toMatchObject({ parked: 1 });
    });

    it('parks a node that issues a command a second time', async () => {
      const command = commandOf(n1, 1);
      await copy.journal.advance(batch([report(n1)], { decide: starting([command]) }));
      const again = batch([report(n1), report(n2)], { decide: starting([command]) });
      expect(await copy.journal.advance(again)).toMatchObject({ parked: 1, decided: 2 });
      expect(await copy.history.commands(command.processId)).toHaveLength(1);
      expect((await copy.history.state(n2))?.process).toBeDefined();
    });

    it('counts reports that change nothing instead of storing them', async () => {
      const inputs = Array.from({ length: 1000 }, () => report(n1, 'repeat'));
      const result = await copy.journal.advance(batch(inputs));
      expect(result).toMatchObject({ decided: 1000, facts: 0 });
      await copy.journal.advance(batch([report(n1, 'repeat')]));
      const [row, ...others] = await copy.history.repeats(n1);
      expect(others).toEqual([]);
      expect(row).toMatchObject({ type: 'DiskFailure', source: 'agent', fate: 'repeated', count: 1001 });
      expect(row?.first).toBe(inputs[0]?.at);
      expect(row?.last).toBeGreaterThan(inputs[999]?.at ?? Infinity);
      expect(await copy.history.state(n1)).toBeUndefined();
    });

    it('says the fates of all reports of a batch at once', async () => {
      await copy.journal.advance(batch([report(n1, 'repeat'), report(n2, 'repeat')]));
      expect(await copy.outbox.backlog()).toBe(1);
    });

    it('takes NUL, lone surrogates and endless texts', async () => {
      const bad = `x\0y\ud800z`;
      const decide: typeof noteMessage = (state, input) =>
        decision(state, input, [
          { type: 'FaultOpened', state: { bootId: bad as BootId }, data: { message: bad, ['k\0']: 'v' } },
        ]);
      await copy.journal.advance(batch([report(n1, bad)], { decide }));
      const facts = await copy.history.facts(n1, { fromVersion: 1, limit: 1 });
      expect(facts[0]?.data).toEqual({ message: 'x\uFFFDy\uFFFDz', 'k\uFFFD': 'v' });
      expect(replay(n1, facts)).toEqual(await copy.history.state(n1));
      const long = report(n2, 'repeat');
      if (long.kind !== 'report') throw new Error('a report');
      const endless = { ...long, report: { ...long.report, type: `T\0${'x'.repeat(20_000)}` } };
      await copy.journal.advance(batch([endless], { decide: repeated }));
      expect(await copy.history.repeats(n2)).toHaveLength(1);
    });

    it('takes a cause that is no UUID', async () => {
      const odd = 'not a uuid \0' as ReturnType<typeof causeNumber>;
      expect(await copy.journal.advance(batch([report(n1, 'a', odd)]))).toMatchObject({ decided: 1 });
      expect(await copy.journal.advance(batch([report(n1, 'b', odd)]))).toMatchObject({ skipped: 1 });
    });

    it('writes dead letters untouched, once', async () => {
      const body = Buffer.from([0, 255, 1]);
      const request = batch([report(n1, 'repeat')]);
      const offset = request.inputs[0]?.offset ?? 0n;
      const entry = { topic: 'fault.reports.dlt', key: 'k', body, headers: { dlt_reason: 'bad' } };
      await copy.journal.advance({ ...request, deadLetters: [{ offset, entry }] });
      await copy.journal.advance({ ...request, deadLetters: [{ offset, entry }] });
      const entries = [...(await copy.outbox.unsent([0], 10)), ...(await copy.outbox.unsent([1], 10))];
      const dead = entries.filter(({ topic }) => topic === entry.topic);
      expect(dead).toHaveLength(1);
      expect(dead[0]).toMatchObject({ key: 'k', headers: entry.headers });
      expect(dead[0]?.event).toBeUndefined();
      expect(dead[0]?.body?.equals(body)).toBe(true);
    });

    it.each([
      { count: 20, which: 'never heard of' },
      { count: 20, which: 'that it knows' },
      // Here nothing is left to be tried in smaller parts: a decision from an old state would park the node.
      { count: 1, which: 'that it knows' },
    ])('decides in one order when many batches meet on $count nodes $which', async ({ count, which }) => {
      const other = await installation.open();
      const nodes = Array.from({ length: count }, (_, index) => nodeNamed(`m${index}`));
      const known = which === 'that it knows' ? nodes : [];
      const before = known.map((node) => report(node, 'before'));
      await copy.journal.advance(batch(before, { partition: 5 }));
      const rounds = Array.from({ length: 8 }, (_, round) => {
        const shuffled = round % 2 === 0 ? nodes : [...nodes].reverse();
        return batch(
          shuffled.map((node) => report(node, `r${round}`)),
          { partition: round % 4, topic: round < 4 ? 'fault.reports' : 'maintenance.signals' },
        );
      });
      const results = await Promise.all(
        rounds.map((request, index) => (index % 2 === 0 ? copy : other).journal.advance(request)),
      );
      // Rounds on one partition may overtake each other: what came second is below the fence.
      const decided = results.reduce((sum, result) => sum + result.decided, known.length);
      expect(results.filter(({ parked }) => parked > 0)).toEqual([]);
      let stored = 0;
      for (const node of nodes) {
        const versions = await versionsOf(copy, node);
        expect(versions).toEqual(versions.map((_, index) => index + 1));
        stored += versions.length;
      }
      expect(stored).toBe(decided);
    });
  });

  describe('a process', () => {
    it('is listed from its start to its outcome', async () => {
      await copy.journal.advance(batch([report(n1)], { decide: starting([]) }));
      expect(await copy.history.process(processOf(n1))).toEqual({
        processId: processOf(n1),
        node: n1,
        workflow: 'reboot',
        faultType: 'DiskFailure',
        stage: 'isolating',
        startedAt: 1_000_000,
      });
      await copy.journal.advance(batch([report(n1)], { decide: ending }));
      const ended = await copy.history.process(processOf(n1));
      expect(ended).toMatchObject({ outcome: 'Recovered', reason: 'Verified' });
      expect(ended?.endedAt).toBeGreaterThan(0);
      expect((await copy.history.processes({ active: true, limit: 10 })).rows).toEqual([]);
      expect((await copy.history.processes({ active: false, limit: 10 })).rows).toHaveLength(1);
    });

    it('can end and be followed by another in one batch', async () => {
      await copy.journal.advance(batch([report(n1)], { decide: starting([]) }));
      let step = 0;
      const decide: typeof noteMessage = (state, input) => {
        step += 1;
        return step === 1 ? ending(state, input) : starting([], [], 2)(state, input);
      };
      await copy.journal.advance(batch([report(n1), report(n1)], { decide }));
      const { rows } = await copy.history.processes({ node: n1, limit: 10 });
      expect(rows.map(({ processId, endedAt }) => [processId, endedAt === undefined]).sort()).toEqual([
        [processOf(n1, 1), false],
        [processOf(n1, 2), true],
      ]);
    });

    it('takes its timers with it when it ends, and those of a stage when that is over', async () => {
      const timers = [timerOf(n1, 'deadline', 10), timerOf(n1, 'check', 20)];
      await copy.journal.advance(batch([report(n1)], { decide: starting([], timers) }));
      expect(await copy.timers.nextDue(0)).toBe(10);
      const nextStage: typeof noteMessage = (state, input) =>
        decision(
          state,
          input,
          [{ type: 'StageEntered', state: { process: activeProcess(processOf(n1), 2, 'verifying') } }],
          { timers: [timerOf(n1, 'check', 30, 2)] },
        );
      await copy.journal.advance(batch([report(n1)], { decide: nextStage }));
      expect(await copy.timers.nextDue(0)).toBe(30);
      await copy.journal.advance(batch([report(n1)], { decide: ending }));
      expect(await copy.timers.nextDue(0)).toBeUndefined();
    });
  });
}
