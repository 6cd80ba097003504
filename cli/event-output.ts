import type { EventFile } from '../schemas/event-file.js';
import { CommandFailed } from './errors.js';
import type { Terminal } from './terminal.js';

export const eventForms = ['cloudevents', 'json', 'avro'] as const;
export type EventForm = (typeof eventForms)[number];

/** Where events go, in order. */
export interface EventOutput {
  /** Resolves when there is room for more. */
  write(events: readonly WrittenEvent[]): Promise<void>;
  /** Resolves when all is written. */
  close(): Promise<void>;
}

export interface WrittenEvent {
  readonly id: string;
  /** What it says; undefined: bytes that nobody here can read. */
  readonly data?: object;
  /** The whole CloudEvent. */
  whole(): object;
}

export interface OutputWanted {
  readonly output: EventForm;
  readonly topic?: string;
  readonly file?: string;
}

/** One file of Avro objects has one schema: that of the topics asked for. */
async function fileFor({ topic, file }: OutputWanted): Promise<EventFile> {
  const { eventOfTopic } = await import('../schemas/catalog.js');
  const events = new Set((topic ?? '').split(',').map(eventOfTopic));
  const [event] = events;
  if (event === undefined || events.size > 1) {
    throw new CommandFailed('Usage', 'a file of Avro objects holds one kind of event', 'name its --topic');
  }
  if (file === undefined) throw new CommandFailed('Usage', '-o avro writes bytes', 'name a new --file');
  const { createEventFile } = await import('../schemas/event-file.js');
  return createEventFile(file, event).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandFailed('Usage', `${file} can't be made: ${reason}`, 'name a file that is not there');
  });
}

async function toFile(terminal: Terminal, wanted: OutputWanted): Promise<EventOutput> {
  const file = await fileFor(wanted);
  return {
    write: (events) =>
      file.write(
        events.flatMap((event) => {
          if (event.data !== undefined) return [event.data];
          // What nobody can read has no place in a file with a schema.
          terminal.err(`left out, since its bytes can't be read: ${event.id}\n`);
          return [];
        }),
      ),
    close: () => file.close(),
  };
}

/** Opens where the events go. Rejects with CommandFailed Usage when they can't be written so. */
export async function eventOutput(terminal: Terminal, wanted: OutputWanted): Promise<EventOutput> {
  if (wanted.output === 'avro') return toFile(terminal, wanted);
  const isWhole = wanted.output === 'cloudevents';
  return {
    write: (events) => {
      terminal.out(
        events.map((event) => `${JSON.stringify(isWhole ? event.whole() : event.data)}\n`).join(''),
      );
      return terminal.drained();
    },
    close: () => Promise.resolve(),
  };
}
