import type { Place } from '../../../adapters/ports/event-log.js';
import type { EventFacets } from '../../event-filter.js';
import type { PublishedEvent } from '../../published-event.js';
import { NumbersOfNode } from './numbers-of-node.js';
import { resumeText } from './resume-point.js';

/** An event on its way to everybody who wants it: what filters ask for, where it is, and its bytes, made once for all. */
export interface RingEntry extends EventFacets, Place {
  readonly offset: bigint;
  /** ms, the log's clock. */
  readonly appendedAt: number;
  /** From where whoever has got it goes on. */
  readonly resume: string;
  /** As a server-sent event, in UTF-8. */
  readonly bytes: Buffer;
}

/** The lines of one server-sent event. */
export function eventText({ id, name, json }: PublishedEvent, safeSince: number): string {
  return `id: ${resumeText(id, safeSince)}\nevent: ${name}\ndata: ${json}\n\n`;
}

/** The same for all who want it. Its JSON is in the bytes, and kept nowhere else. */
export function ringEntry(event: PublishedEvent, safeSince: number): RingEntry {
  const { json: _, name: __, node: ___, id, ...rest } = event;
  return { ...rest, resume: resumeText(id, safeSince), bytes: Buffer.from(eventText(event, safeSince)) };
}

/** Takes at once what is there from this number on; nothing before is for it. */
export type Watcher = (from: number) => void;

/** The latest events, numbered in the order in which they were read; as many as fit into so many bytes. */
export class EventRing {
  readonly #room: number;
  #entries: (RingEntry | undefined)[] = [];
  /** Of the entries, those that are no longer here: to take each out by itself would move all others each time. */
  #dropped = 0;
  #first = 0;
  #bytes = 0;
  readonly #numbersOfNode = new NumbersOfNode();
  /** Of all nodes. */
  readonly #watchers = new Set<Watcher>();
  readonly #watchersOfNode = new Map<string, Set<Watcher>>();
  #told = 0;
  #droppedUpTo: number;

  /** @param heldSince everything that is appended from this time on (ms, the log's clock) comes into it */
  constructor(room: number, heldSince: number) {
    this.#room = room;
    this.#droppedUpTo = heldSince;
  }

  /** Number of the next event. */
  get end(): number {
    return this.#first + this.#entries.length - this.#dropped;
  }

  /** Number of the oldest event that is still here. */
  get first(): number {
    return this.#first;
  }

  /** Everything that was appended at this time or later is still here. */
  get heldSince(): number {
    return this.#droppedUpTo;
  }

  append(entries: readonly RingEntry[]): void {
    let number = this.end;
    for (const { bytes, nodes } of entries) {
      this.#bytes += bytes.length;
      for (const node of nodes) this.#numbersOfNode.add(node, number);
      number += 1;
    }
    this.#entries.push(...entries);
    while (this.#bytes > this.#room && this.#dropped < this.#entries.length) {
      // Nobody is too slow for what he was not told of.
      if (this.#first >= this.#told) this.tell();
      this.#dropOldest();
    }
    if (this.#dropped < this.#entries.length / 2) return;
    this.#entries = this.#entries.slice(this.#dropped);
    this.#dropped = 0;
  }

  #dropOldest(): void {
    const oldest = this.at(this.#first);
    if (oldest === undefined) return;
    this.#bytes -= oldest.bytes.length;
    for (const node of oldest.nodes) this.#numbersOfNode.dropOldest(node);
    this.#droppedUpTo = Math.max(this.#droppedUpTo, oldest.appendedAt + 1);
    this.#entries[this.#dropped] = undefined;
    this.#dropped += 1;
    this.#first += 1;
  }

  at(number: number): RingEntry | undefined {
    return this.#entries[this.#dropped + number - this.#first];
  }

  /** Number of the first event from this number on that is about one of these nodes, or about any; undefined: there is none yet. */
  next(from: number, nodes?: ReadonlySet<string>): number | undefined {
    const number = Math.max(from, this.#first);
    if (number >= this.end) return undefined;
    return nodes === undefined ? number : this.#numbersOfNode.next(number, nodes);
  }

  /** Number of the first event that watchers were not told of. */
  get told(): number {
    return this.#told;
  }

  /**
   * Has `watch` look each time that something has come: about these nodes, or about any. Most of what comes is for one subscriber
   * in a thousand; to ask all of them each time took a third of a core. Returns what ends it.
   */
  watch(watch: Watcher, nodes?: ReadonlySet<string>): () => void {
    if (nodes === undefined) {
      this.#watchers.add(watch);
      return () => this.#watchers.delete(watch);
    }
    for (const node of nodes) {
      const watchers = this.#watchersOfNode.get(node) ?? new Set();
      this.#watchersOfNode.set(node, watchers.add(watch));
    }
    return () => {
      for (const node of nodes) this.#forget(watch, node);
    };
  }

  /** Tells those who watch for it of what has come since the last time. */
  tell(): void {
    const from = this.#told;
    this.#told = this.end;
    const looking = new Map<Watcher, number>();
    for (const watch of this.#watchers) looking.set(watch, from);
    for (const [watch, number] of this.#lookingByNode(from))
      if (!looking.has(watch)) looking.set(watch, number);
    for (const [watch, number] of looking) watch(number);
  }

  *#lookingByNode(from: number): Generator<readonly [Watcher, number]> {
    for (let number = from; number < this.#told; number += 1)
      for (const node of this.at(number)?.nodes ?? [])
        for (const watch of this.#watchersOfNode.get(node) ?? []) yield [watch, number];
  }

  #forget(watch: Watcher, node: string): void {
    const watchers = this.#watchersOfNode.get(node);
    watchers?.delete(watch);
    if (watchers?.size === 0) this.#watchersOfNode.delete(node);
  }
}
