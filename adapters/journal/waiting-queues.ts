import type { NodeKey } from '../../domain/identifiers.js';
import type { Input } from '../../domain/signal.js';
import {
  comparedReports,
  repeatedBy,
  takenUpAtOnce,
  type KeptForNode,
  type KeptInput,
  type WaitingInput,
} from './waiting-inputs.js';

/** What changes in what is kept for one node. */
export interface WaitingChanges {
  readonly node: NodeKey;
  readonly kept: readonly KeptInput[];
  /** Everything up to here was taken up; 0: nothing. */
  readonly takenThrough: number;
  /** Nothing waits any more. */
  readonly emptied: boolean;
}

interface Added {
  readonly kept: KeptInput;
  readonly waiting: WaitingInput;
}

/** The waiting inputs of one node within a batch: what is stored, and what the batch adds and takes up. */
class WaitingQueue {
  readonly #node: NodeKey;
  readonly #stored: readonly WaitingInput[];
  readonly #more: boolean;
  #latest: KeptForNode['latest'];
  #added: Added[] = [];
  #lastPlace: number;
  #takenThrough = 0;
  #emptied = false;

  constructor(node: NodeKey, stored: KeptForNode | undefined) {
    this.#node = node;
    this.#stored = stored?.next ?? [];
    this.#more = this.#stored.length >= takenUpAtOnce;
    this.#latest = stored?.latest ?? [];
    this.#lastPlace = stored?.lastPlace ?? 0;
  }

  add(input: Input): void {
    this.#lastPlace += 1;
    const place = this.#lastPlace;
    const { causeId, at } = input;
    const repeated = repeatedBy(input, this.#latest);
    const sequence = input.kind === 'report' ? input.report.sequence : undefined;
    const about = { node: this.#node, place, causeId, at };
    if (repeated === undefined) this.#latest = [...this.#latest, { ...about, input }].slice(-comparedReports);
    const kept: KeptInput =
      repeated === undefined
        ? { ...about, input }
        : { ...about, repeats: repeated.place, ...(sequence === undefined ? {} : { sequence }) };
    this.#added.push({ kept, waiting: { place, input } });
    this.#emptied = false;
  }

  /** The next that waits; undefined: no more, or no more within this batch (see `isExhausted`). */
  next(): WaitingInput | undefined {
    const stored = this.#stored.find(({ place }) => place > this.#takenThrough);
    if (stored !== undefined || this.#more) return stored;
    return this.#added.find(({ kept }) => kept.place > this.#takenThrough)?.waiting;
  }

  taken({ place }: WaitingInput): void {
    this.#takenThrough = place;
  }

  /** Everything that waits was taken up; false: the rest has to wait for the next transaction. */
  isExhausted(): boolean {
    return !this.#more;
  }

  empty(): void {
    this.#emptied = true;
    this.#added = [];
    this.#latest = [];
  }

  changes(): WaitingChanges {
    return {
      node: this.#node,
      kept: this.#added
        .filter(({ kept }) => kept.place > this.#takenThrough)
        .map((added) => this.#keep(added)),
      takenThrough: this.#takenThrough,
      emptied: this.#emptied,
    };
  }

  /** What a repeat repeats may have been taken up without ever being stored: then it is kept whole. */
  #keep({ kept, waiting }: Added): KeptInput {
    const of = this.#added.find(({ kept: { place } }) => place === kept.repeats);
    if (of === undefined || of.kept.place > this.#takenThrough) return kept;
    const { repeats: _taken, ...whole } = kept;
    return { ...whole, input: waiting.input };
  }
}

/** The waiting inputs of all nodes of a batch. */
export class WaitingQueues {
  readonly #stored: ReadonlyMap<NodeKey, KeptForNode>;
  readonly #queues = new Map<NodeKey, WaitingQueue>();

  constructor(stored: ReadonlyMap<NodeKey, KeptForNode>) {
    this.#stored = stored;
  }

  of(node: NodeKey): WaitingQueue {
    const known = this.#queues.get(node);
    if (known !== undefined) return known;
    const made = new WaitingQueue(node, this.#stored.get(node));
    this.#queues.set(node, made);
    return made;
  }

  changes(): readonly WaitingChanges[] {
    return [...this.#queues.values()]
      .map((queue) => queue.changes())
      .filter(({ kept, takenThrough, emptied }) => kept.length > 0 || takenThrough > 0 || emptied);
  }
}
