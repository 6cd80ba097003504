import type { Trace } from '../scheduler/trace.js';
import type { Happening } from '../world/happening.js';
import type { Invariant } from './invariant.js';

export interface Violation {
  readonly invariant: string;
  readonly message: string;
  /** Virtual ms from the start. */
  readonly at: number;
}

/** Holds everything that happens against the invariants; the first violation counts. */
export class Judge {
  readonly #trace: Trace;
  readonly #start: number;
  readonly outcomes: Record<string, number> = {};
  invariants: readonly Invariant[] = [];
  violation: Violation | undefined;

  constructor(trace: Trace, start: number) {
    this.#trace = trace;
    this.#start = start;
  }

  get steps(): number {
    return this.#trace.steps;
  }

  hear(happening: Happening, at: number): void {
    const { outcome } =
      (happening.kind === 'published' ? happening.record.event.ProcessEnded : undefined) ?? {};
    this.#trace.add(at, inShort(happening));
    if (outcome !== undefined) this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
    for (const { name, after } of this.invariants) {
      const message = after?.(happening, at);
      if (message !== undefined) this.fail(name, message, at);
    }
  }

  rest(at: number): void {
    for (const { name, atRest } of this.invariants) {
      const message = this.violation === undefined ? atRest?.() : undefined;
      if (message !== undefined) this.fail(name, message, at);
    }
  }

  fail(invariant: string, message: string, at: number): void {
    this.#trace.add(at, `VIOLATED ${invariant}: ${message}`);
    this.violation ??= { invariant, message, at: at - this.#start };
  }
}

/** One line of the trace. */
function inShort(happening: Happening): string {
  if (happening.kind !== 'published') {
    const about = 'node' in happening ? happening.node : 'command' in happening ? happening.command.id : '';
    return `- ${happening.kind} ${'verb' in happening ? happening.verb : ''} ${about}`;
  }
  const { topic, event, id } = happening.record;
  const { type, processId, stage, data } = event.ProcessEvent ?? {};
  return `- ${topic} ${type === undefined ? id : `${processId ?? ''} ${type} ${stage ?? ''} ${data?.['reason'] ?? ''}`}`;
}
