import type { PublishedEvent } from '../../published-event.js';
import { resumeText } from './resume-point.js';

/** An event on its way to everybody who wants it; its text is made once for all. */
export interface RingEntry {
  readonly event: PublishedEvent;
  /** As a server-sent event. */
  readonly text: string;
}

/** The lines of one server-sent event. */
export function eventText({ id, name, json }: PublishedEvent, safeSince: number): string {
  return `id: ${resumeText(id, safeSince)}\nevent: ${name}\ndata: ${json}\n\n`;
}

/** The latest events, numbered in the order in which they were read; as many as fit into so many characters of text. */
export class EventRing {
  readonly #room: number;
  #entries: RingEntry[] = [];
  #first = 0;
  #characters = 0;
  readonly #watchers = new Set<(entries: readonly RingEntry[]) => boolean>();
  #droppedUpTo: number;

  /** @param heldSince everything that is appended from this time on (ms, the log's clock) comes into it */
  constructor(room: number, heldSince: number) {
    this.#room = room;
    this.#droppedUpTo = heldSince;
  }

  /** Number of the next event. */
  get end(): number {
    return this.#first + this.#entries.length;
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
    for (const entry of entries) this.#characters += entry.text.length;
    this.#entries.push(...entries);
    let dropped = 0;
    while (this.#characters > this.#room) {
      const oldest = this.#entries[dropped];
      if (oldest === undefined) break;
      this.#characters -= oldest.text.length;
      this.#droppedUpTo = Math.max(this.#droppedUpTo, oldest.event.appendedAt + 1);
      dropped += 1;
    }
    if (dropped > 0) this.#entries = this.#entries.slice(dropped);
    this.#first += dropped;
    for (const watch of this.#watchers) if (watch(entries)) this.#watchers.delete(watch);
  }

  at(number: number): RingEntry | undefined {
    return this.#entries[number - this.#first];
  }

  /**
   * Shows what comes next, until `watch` says that it has seen what it waits for. Most of what comes is for one subscriber
   * in a thousand: to wake all of them each time cost more than all else.
   */
  whenNext(watch: (entries: readonly RingEntry[]) => boolean): () => void {
    this.#watchers.add(watch);
    return () => this.#watchers.delete(watch);
  }
}
