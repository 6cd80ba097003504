import type { CommandType, Operation } from '../../domain/command.js';
import type { DeadLetterPlace } from './dead-letters.js';
import type { Parked, WorkflowName } from '../../domain/node-state.js';

/** How many of something there are, and since when (ms) there is the oldest. */
export interface Counted {
  readonly count: number;
  readonly oldestAt: number;
}

export interface ProcessFigure extends Counted {
  readonly cluster: string;
  readonly workflow: WorkflowName;
  readonly stage: string;
  /** A person is asked; `oldestAt` is when the stage was entered. */
  readonly waitsForPerson: boolean;
  /** Its node is isolated by it. */
  readonly isolated: boolean;
}

export interface CommandFigure extends Counted {
  readonly cluster: string;
  readonly type: CommandType;
  readonly state: 'waiting' | 'attempting';
  /** In a word: `Due`, `BehindAnother`, `NodeParked`, `BudgetFull`, `NoFreshInventory`… */
  readonly why: string;
}

/** What a person has to do with a pause: one was begun by a person, one waits for an answer, one was answered; one ends with its rollout. */
export const pauseKinds = ['freeze', 'incident', 'regression', 'denied', 'rollout'] as const;
export type PauseKind = (typeof pauseKinds)[number];

/** How far a group has decided. */
export interface DecidedUpTo {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: bigint;
}

/**
 * How much of everything is open in the journal at one moment, counted for whoever watches. Never a name of a node: the
 * lists stay short however large the fleet is.
 */
export interface JournalFigures {
  readonly epoch: number;
  readonly logEpoch: number;
  readonly paused: boolean;
  /** Active ones. */
  readonly processes: readonly ProcessFigure[];
  readonly parked: readonly (Counted & { readonly cluster: string; readonly kind: Parked['kind'] })[];
  /** Open ones; of more than 20,000 only the oldest are counted. */
  readonly commands: readonly CommandFigure[];
  /** Permits in force. */
  readonly permits: readonly {
    readonly cluster: string;
    readonly operation: Operation;
    readonly count: number;
  }[];
  /** Pauses of the change guard that are in force. */
  readonly pauses: readonly (Counted & { readonly kind: PauseKind })[];
  readonly inventories: readonly { readonly cluster: string; readonly observedAt: number }[];
  /** Unsent entries; of more than 100,000 not all are counted. */
  readonly outbox: { readonly unsent: number; readonly oldestAt?: number };
  /** Facts that lie in files, and when a run last came to its end (ms). */
  readonly archived: { readonly facts: number; readonly finishedAt?: number };
  readonly decided: readonly DecidedUpTo[];
  /** Dead letters that were retried or dropped. */
  readonly handledDeadLetters: readonly DeadLetterPlace[];
}

/** Counts what is open. Reads only, under a role that can do nothing else. */
export interface FigureReader {
  /** Rejects with JournalUnavailable; one statement takes 5 s at most. */
  read(): Promise<JournalFigures>;
  close(): Promise<void>;
}

/** What of a log's partitions a group has not decided yet. */
export interface Undecided {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly records: number;
  /** When the oldest of them was seen to be there, at the latest (ms); only while there are any. */
  readonly seenAt?: number;
}

export interface LogFigures {
  readonly undecided: readonly Undecided[];
  /** Dead letters that nobody has tried again or dropped. */
  readonly deadLetters: readonly { readonly topic: string; readonly count: number }[];
}
