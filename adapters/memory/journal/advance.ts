import type { Command } from '../../../domain/command.js';
import type { Decide } from '../../../domain/decision.js';
import type { CommandId } from '../../../domain/identifiers.js';
import type { Input } from '../../../domain/signal.js';
import type { BatchEffects, Repeats } from '../../journal/batch-collection.js';
import { decideBatch, InvalidDecision } from '../../journal/decide-batch.js';
import {
  hasTimedId,
  isRevocable,
  isSaidOnce,
  resultCause,
  resultSignal,
  revokedResult,
} from '../../journal/causes.js';
import type { FreshCommands } from '../../journal/fresh-commands.js';
import { seenKey } from '../../journal/digests.js';
import { beginning, requireSameLog, requireSameRecords } from '../../journal/fence.js';
import { asLostRecords, isConcerned, lostSignals } from '../../journal/lost-input.js';
import type { JournalOptions, LostInput } from '../../journal/options.js';
import { asStored } from '../../journal/storable.js';
import type { AssignedPartition } from '../../ports/event-log.js';
import type {
  AdvanceRequest,
  AdvanceResult,
  Installation,
  Journal,
  NewOutboxEntry,
} from '../../ports/journal.js';
import { offsetKey, type MemoryStore, type StoredCommand } from './store.js';
import { changeWaiting, keptFor } from './waiting.js';

/** Each call is one step of the event loop: what it does is seen as a whole or not at all. */
export class MemoryJournal implements Journal {
  readonly #store: MemoryStore;
  readonly #options: JournalOptions;
  readonly #fresh: FreshCommands;

  constructor(store: MemoryStore, options: JournalOptions, fresh: FreshCommands) {
    this.#store = store;
    this.#options = options;
    this.#fresh = fresh;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous, memory is not
  async installation(): Promise<Installation> {
    return this.#store.installation;
  }

  async startAt(group: string, assigned: AssignedPartition): Promise<bigint> {
    const { topic, partition, low, logId } = assigned;
    const key = offsetKey(group, topic, partition);
    const before = this.#store.offsets.get(key);
    if (before?.logId === logId) await requireSameRecords(before, assigned);
    const stored = this.#store.offsets.get(key);
    if (stored === undefined) {
      this.#store.offsets.set(key, { nextOffset: low, logId });
      return low;
    }
    const { at, lost } = beginning(stored, assigned);
    if (lost) {
      this.#store.offsets.set(key, { ...stored, nextOffset: low, logId });
      const noticedAt = this.#options.clock.now();
      this.#tellLost({ group, topic, partition, from: stored.nextOffset, to: low, noticedAt });
    }
    return at;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous, memory is not
  async advance(request: AdvanceRequest): Promise<AdvanceResult> {
    const store = this.#store;
    const key = offsetKey(request.group, request.topic, request.partition);
    const fence = store.offsets.get(key) ?? { nextOffset: 0n, logId: request.logId };
    requireSameLog(fence, request);
    const seenNow = new Set<string>();
    const fresh = request.inputs.filter(({ offset, input }) => {
      const cause = seenKey(input.causeId);
      const isSeen = store.seen.has(cause) || store.reportsSeen.has(cause) || seenNow.has(cause);
      if (offset < fence.nextOffset || isSeen) return false;
      seenNow.add(cause);
      return true;
    });
    const inputs = fresh.map(({ input }) => input);
    const kept = keptFor(store, new Set(inputs.map(({ node }) => node)));
    const effects = decideBatch(
      { states: store.states, kept },
      {
        inputs,
        deciding: { ...request, decide: this.#refusingReissue(request.decide) },
        writer: this.#options.writer,
        verify: this.#options.verify ?? false,
        now: this.#options.clock.now(),
      },
    );
    const dead = request.deadLetters.filter(({ offset }) => offset >= fence.nextOffset);
    this.#commit(
      effects,
      dead.map(({ entry }) => entry),
    );
    this.#see(effects, inputs, { place: key, appendedAt: request.appendedAt });
    if (request.nextOffset > fence.nextOffset) {
      const { nextOffset, logId } = request;
      const appendedAt = Math.max(request.appendedAt, fence.appendedAt ?? 0);
      store.offsets.set(key, { nextOffset, logId, appendedAt });
    }
    return {
      skipped: request.inputs.length - fresh.length,
      decided: effects.decided,
      facts: effects.facts.length,
      commands: effects.commands.length,
      parked: effects.parked,
      waiting: effects.waiting.reduce((sum, { kept: added }) => sum + added.length, 0),
      // In memory there is nothing that can't be stored.
      deadLettered: 0,
    };
  }

  #see(
    { facts }: BatchEffects,
    inputs: readonly Input[],
    read: { readonly place: string; readonly appendedAt: number },
  ): void {
    const { seen, reportsSeen } = this.#store;
    const changing = new Set(facts.map(({ causeId }) => causeId));
    for (const input of inputs) {
      const cause = seenKey(input.causeId);
      if (isSaidOnce(input) && !changing.has(input.causeId)) reportsSeen.set(cause, read);
      else seen.set(cause, this.#options.clock.now());
    }
    // What waited until now was noted as if it had changed nothing.
    for (const causeId of changing) {
      const cause = seenKey(causeId);
      // What is taken up later was seen when it came.
      if (hasTimedId(causeId) && !seen.has(cause)) seen.set(cause, this.#options.clock.now());
    }
  }

  #tellLost(lost: LostInput): void {
    const store = this.#store;
    const { writer, onInputLost } = this.#options;
    store.lostInput.push(lost);
    store.sendAgain(lost.topic);
    const nodes = [...store.states.values()].filter(isConcerned).map(({ node }) => node);
    const { logEpoch } = store;
    store.publish(lostSignals(writer, nodes, asLostRecords(lost), { at: lost.noticedAt, logEpoch }));
    onInputLost?.(lost);
  }

  /** What the primary key of commands refuses on PostgreSQL. */
  #refusingReissue(decide: Decide): Decide {
    const issued = new Set<CommandId>();
    return (state, input) => {
      const decision = decide(state, input);
      for (const { id } of decision.commands) {
        if (issued.has(id) || this.#store.commands.has(id)) {
          throw new InvalidDecision(`the command ${id} was issued before`);
        }
        issued.add(id);
      }
      return decision;
    };
  }

  #commit(effects: BatchEffects, deadLetters: readonly NewOutboxEntry[]): void {
    const store = this.#store;
    const now = this.#options.clock.now();
    // Everything that can throw comes before the first change.
    const commands = asStored(effects.commands);
    const revoked = this.#revocable(effects);
    const signals = revoked.map((command) =>
      this.#options.writer.signal(
        command.node,
        resultSignal(revokedResult(command)),
        resultCause(command, now),
      ),
    );
    for (const state of effects.states) store.putState(state);
    for (const [index, fact] of effects.facts.entries()) {
      const { epoch } = store.installation;
      store.putFact({ fact, epoch, causedBy: effects.causedBy[index] ?? fact.causeId });
    }
    for (const repeats of effects.repeats) addRepeats(store, repeats);
    for (const row of effects.processes) store.processes.set(row, now);
    changeWaiting(store, effects.waiting);
    // Their commands go on, or rest.
    if (effects.parkings.length > 0) store.work.announce();
    this.#setTimers(effects);
    if (revoked.length === 0) {
      this.#fresh.offer(commands, ({ node }) => store.queues.isFree(node), now);
    }
    store.enqueue(commands, now, this.#options.headStartMs);
    for (const { id } of revoked) revoke(store, store.commands.get(id));
    store.publish([...deadLetters, ...effects.outbox, ...signals]);
  }

  #revocable({ revoke: ids, commands }: BatchEffects): readonly Command[] {
    const fresh = new Map(commands.map((command) => [command.id, command]));
    return ids.flatMap((id) => {
      const issuedNow = fresh.get(id);
      if (issuedNow !== undefined) return [issuedNow];
      const stored = this.#store.commands.get(id);
      return stored?.status === 'waiting' && isRevocable(stored.command.type, stored.attempts)
        ? [stored.command]
        : [];
    });
  }

  #setTimers({ states, timers }: BatchEffects): void {
    for (const { node, process } of states)
      for (const timer of this.#store.timers.of(node))
        if (process?.id !== timer.processId || timer.stageEntry < process.context.stageEntry)
          this.#store.timers.remove(timer);
    for (const timer of timers) this.#store.timers.set(timer);
    if (timers.length > 0) this.#store.timerChanges.announce();
  }
}

function revoke(store: MemoryStore, stored: StoredCommand | undefined): void {
  if (stored === undefined) return;
  stored.status = 'revoked';
  stored.result = revokedResult(stored.command);
  const { id, node } = stored.command;
  store.giveBack(({ commandId, until }) => commandId === id && until === 'settled', node);
  store.dequeue(stored);
}

function addRepeats(store: MemoryStore, added: Repeats): void {
  const ofNode = store.repeats.get(added.node) ?? new Map<string, Repeats>();
  store.repeats.set(added.node, ofNode);
  const earlier = ofNode.get(added.digest);
  ofNode.set(added.digest, {
    ...added,
    first: Math.min(added.first, earlier?.first ?? added.first),
    last: Math.max(added.last, earlier?.last ?? added.last),
    count: added.count + (earlier?.count ?? 0),
  });
}
