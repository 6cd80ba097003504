import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LostInput, OpenJournal } from '../../../adapters/journal/options.js';
import type { OutboxEntry } from '../../../adapters/ports/journal.js';
import type { CauseId } from '../../../domain/identifiers.js';
import type { Input, Signal } from '../../../domain/signal.js';
import { batch, commandOf, ending, nodeNamed, report, resultOf, starting } from './decisions.js';
import type { Harness, Installation } from './harness.js';

const n1 = nodeNamed('n1');
const n2 = nodeNamed('n2');
const signals = 'maintenance.signals';

/** What follows when the log has lost records, or is another one, on every journal. */
export function lostInputSuite(harness: () => Harness): void {
  let installation: Installation;
  let copy: OpenJournal;
  let told: LostInput[];
  beforeEach(async () => {
    told = [];
    installation = await harness().installation();
    copy = await installation.open({ onInputLost: (lost) => told.push(lost) });
  });
  afterEach(() => installation.close());

  const assigned = { topic: signals, partition: 0, logId: 'log-1', low: 0n, high: 50n };
  const unsent = async (): Promise<readonly OutboxEntry[]> => {
    const entries = [...(await copy.outbox.unsent([0], 1_000)), ...(await copy.outbox.unsent([1], 1_000))];
    return entries.filter(({ event }) => event === 'Signal');
  };
  const sendAll = async (): Promise<readonly OutboxEntry[]> => {
    const entries = [...(await copy.outbox.unsent([0], 1_000)), ...(await copy.outbox.unsent([1], 1_000))];
    await copy.outbox.markSent(entries, installation.clock.now());
    return entries.filter(({ event }) => event === 'Signal');
  };
  const said = (entries: readonly OutboxEntry[]): readonly Signal[] =>
    entries.map(({ body }) => JSON.parse(String(body)) as Signal);

  /** n1 runs a process whose command was carried out; the result was sent. n2 is well. */
  async function resultSent(): Promise<OutboxEntry | undefined> {
    const command = commandOf(n1, 1);
    await copy.journal.advance(batch([report(n1)], { decide: starting([command]) }));
    await copy.journal.advance(batch([report(n2)], { decide: starting([], [], 2) }));
    await copy.journal.advance(batch([report(n2)], { decide: ending }));
    const now = installation.clock.now();
    await copy.commands.claim(command.id, { by: 'me', now, leaseMs: 1, budgets: [] });
    await copy.commands.settle(resultOf(command), now);
    return (await sendAll())[0];
  }

  function readAs(entry: OutboxEntry | undefined): Input {
    const causeId = (entry?.headers['ce_id'] ?? '') as CauseId;
    return { causeId, node: n1, at: 1, kind: 'signal', signal: { kind: 'RetryParked', reason: 'read' } };
  }

  describe('lost input', () => {
    it('is told to every node that something was going on about, and to who runs it, once', async () => {
      await resultSent();
      await copy.journal.startAt('g', assigned);
      await copy.journal.startAt('g', { ...assigned, low: 7n });
      await copy.journal.startAt('g', { ...assigned, low: 7n });
      const lost = { group: 'g', topic: signals, partition: 0, from: 0, to: 7 };
      const losses = (await unsent()).filter((_, index, all) => said(all)[index]?.kind === 'InputLost');
      expect(losses.map(({ key }) => key)).toEqual([n1]);
      expect(said(losses)).toEqual([{ kind: 'InputLost', lost }]);
      expect(told).toMatchObject([{ group: 'g', topic: signals, from: 0n, to: 7n }]);
    });

    it('of our own is sent again unless it was read: a process must not wait for it for ever', async () => {
      const result = await resultSent();
      await copy.journal.startAt('g', assigned);
      await copy.journal.startAt('g', { ...assigned, low: 7n });
      expect(said(await unsent()).map(({ kind }) => kind)).toEqual(['CommandResult', 'InputLost']);
      await sendAll();
      await copy.journal.advance(batch([readAs(result)]));
      await copy.journal.startAt('g', { ...assigned, low: 9n });
      expect(said(await unsent()).map(({ kind }) => kind)).not.toContain('CommandResult');
    });

    it('has everything observed anew: the number of gaps counts up', async () => {
      const before = await copy.upkeep.inputGaps();
      await copy.journal.startAt('g', assigned);
      expect(await copy.upkeep.inputGaps()).toBe(before);
      await copy.journal.startAt('g', { ...assigned, low: 7n });
      expect(await copy.upkeep.inputGaps()).toBe(before + 1);
    });
  });

  describe('a new log epoch', () => {
    it('begins all partitions anew, sends our own unread signals again and tells the nodes', async () => {
      await resultSent();
      await copy.journal.startAt('g', assigned);
      const gaps = await copy.upkeep.inputGaps();
      expect(await copy.upkeep.startLogEpoch({ subject: 'anna', reason: 'Kafka was rebuilt' })).toBe(2);
      const signalsNow = said(await unsent());
      expect(signalsNow[0]).toMatchObject({ kind: 'CommandResult' });
      expect(signalsNow.filter(({ kind }) => kind === 'InputLost')).toContainEqual({
        kind: 'InputLost',
        lost: { group: 'g', topic: signals, partition: 0, from: 0 },
      });
      expect(await copy.upkeep.inputGaps()).toBe(gaps + 1);
      expect(await copy.journal.startAt('g', { ...assigned, logId: 'log-2' })).toBe(0n);
    });
  });
}
