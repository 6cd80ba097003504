import type { EventData } from './generated/events.js';

export type EventType = keyof EventData;

/** One event, whichever way it came. */
export interface AnyEvent<Type extends EventType = EventType> {
  /** Name of the event; narrows `data`. */
  readonly type: Type;
  readonly data: EventData[Type];
  /** `ce_id`: with `source` the same by whatever way, and each time, an event comes. */
  readonly id: string;
  /** `/faultline/<installation>/<service>`; empty for a state that a stream gives first. */
  readonly source: string;
  /** `<cluster>/<node>`. */
  readonly node: string;
  /** When it was said, ms since the epoch; undefined where that is not told. */
  readonly time: number | undefined;
  /** Orders the events of one node, topic and source as text; undefined for events that have none. */
  readonly sequence: string | undefined;
  /** Id of the event that this one follows from. */
  readonly causationId: string | undefined;
  /** The maintenance process. */
  readonly correlationId: string | undefined;
  readonly traceParent: string | undefined;
  /** The run that published it again; undefined for what is published for the first time. */
  readonly replay: string | undefined;
  readonly topic: string;
  /** Undefined, as its offset, where the log has forgotten it: it comes from the journal. */
  readonly partition: number | undefined;
  readonly offset: string | undefined;
}

/** `switch (event.type)` narrows `event.data`. */
export type FaultlineEvent = { [Type in EventType]: AnyEvent<Type> }[EventType];
