import type { NodeKey, ReportId } from '../../domain/identifiers.js';
import { sameJson } from '../../domain/json.js';
import type { NodeState } from '../../domain/node-state.js';
import type { Input } from '../../domain/signal.js';

/** Inputs that one transaction takes up of one node; what is left is taken up in the next. */
export const takenUpAtOnce = 500;

/** Kept reports that a new one is compared with. A longer memory would cost more in every batch than it saves. */
export const comparedReports = 64;

/** An input as it is kept for a parked node. Places count up per node, in the order in which inputs were read. */
export interface KeptInput {
  readonly node: NodeKey;
  readonly place: number;
  readonly causeId: Input['causeId'];
  readonly at: number;
  /** Undefined: the same report as the one at `repeats`, but for its id, time, sequence and words. */
  readonly input?: Input;
  readonly repeats?: number;
  readonly sequence?: number;
}

/** What is kept for one node when a batch begins. */
export interface KeptForNode {
  /** Highest place ever given while the node has been parked; 0: none. */
  readonly lastPlace: number;
  /** The last inputs that were kept whole, oldest first, at most `comparedReports`. */
  readonly latest: readonly (KeptInput & { readonly input: Input })[];
  /** The next to be taken up, whole, at most `takenUpAtOnce`; empty where the batch takes nothing up. */
  readonly next: readonly WaitingInput[];
}

/** What is stored about the nodes of a batch. */
export interface StoredNodes {
  readonly states: ReadonlyMap<NodeKey, NodeState>;
  /** Of nodes that are parked. */
  readonly kept: ReadonlyMap<NodeKey, KeptForNode>;
}

/** An input that waits, whole. */
export interface WaitingInput {
  readonly place: number;
  readonly input: Input;
}

function chainOf(input: Input): string | undefined {
  if (input.kind !== 'report') return undefined;
  const { type, source } = input.report;
  return JSON.stringify([type, source]);
}

/** By all that is decided by; message and the source's clock are only words. */
function saysTheSame(left: Input, right: Input): boolean {
  if (left.kind !== 'report' || right.kind !== 'report') return false;
  const decisive = ({ report: { status, bootId, evidence } }: typeof left): object => ({
    status,
    bootId,
    evidence,
  });
  return sameJson(decisive(left), decisive(right));
}

/**
 * The kept report that this one only repeats. Its own source said nothing else about this type since, and nothing but
 * reports came in between: so deciding it as a repeat, at its place, changes no order.
 */
export function repeatedBy(
  input: Input,
  latest: KeptForNode['latest'],
): KeptForNode['latest'][number] | undefined {
  const chain = chainOf(input);
  // A repeat is kept without its own id: the cause has to be it.
  if (input.kind !== 'report' || (input.report.id as string) !== (input.causeId as string)) return undefined;
  for (const kept of latest.toReversed()) {
    const other = chainOf(kept.input);
    if (other === undefined) return undefined;
    if (other === chain) return saysTheSame(kept.input, input) ? kept : undefined;
  }
  return undefined;
}

/** The report that a repeat was, made of what it repeats. */
export function wholeInput(of: Input, repeat: Pick<KeptInput, 'causeId' | 'at' | 'sequence'>): Input {
  const { causeId, at, sequence } = repeat;
  if (of.kind !== 'report') return { ...of, causeId, at };
  const { sequence: _first, ...report } = of.report;
  const id = causeId as string as ReportId;
  return { ...of, causeId, at, report: { ...report, id, ...(sequence === undefined ? {} : { sequence }) } };
}

/** Taken up after a while, a report is no observation of the present any more. */
export function asLate(input: Input): Input {
  return input.kind === 'report' ? { ...input, late: true } : input;
}

/** A few words about an input, for people. */
export function describeInput(input: Input): string {
  if (input.kind === 'report') {
    const { type, status, source } = input.report;
    return `report ${type} ${status} by ${source}`;
  }
  if (input.kind === 'migration-reply') return `migration reply ${input.reply.status}`;
  const { signal } = input;
  if (signal.kind === 'CommandResult') return `result ${signal.result.commandType} ${signal.result.status}`;
  if (signal.kind === 'TimerFired') return `timer ${signal.timer}`;
  return signal.kind === 'NodeChanged' ? `node ${signal.change.change}` : `signal ${signal.kind}`;
}
