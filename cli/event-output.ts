import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';

import type { EventObjects } from '../schemas/event-file.js';
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

/** Rejects with CommandFailed Usage, also when there is one: nothing is written over. */
async function newFile(path: string): Promise<WriteStream> {
  const file = createWriteStream(path, { flags: 'wx' });
  try {
    await once(file, 'open');
    return file;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandFailed('Usage', `${path} can't be made: ${reason}`, 'name a file that is not there');
  }
}

/** Avro objects in one place have one schema: that of the topics asked for. */
async function objectsFor(terminal: Terminal, { topic, file }: OutputWanted): Promise<EventObjects> {
  const [{ eventOfTopic }, { eventObjectsInto }] = await Promise.all([
    import('../schemas/catalog.js'),
    import('../schemas/event-file.js'),
  ]);
  const events = new Set((topic ?? '').split(',').map(eventOfTopic));
  const [event] = events;
  if (event === undefined || events.size > 1) {
    throw new CommandFailed('Usage', '-o avro holds one kind of event', 'name its --topic');
  }
  if (file === undefined) {
    if (!terminal.outIsShown) return eventObjectsInto(stdoutOf(terminal), event);
    throw new CommandFailed('Usage', '-o avro writes bytes', 'name a new --file, or send stdout elsewhere');
  }
  return eventObjectsInto(await newFile(file), event);
}

function stdoutOf(terminal: Terminal): Writable {
  return new Writable({
    write: (bytes: Buffer, _encoding, done) => {
      terminal.outBytes(bytes);
      terminal.drained().then(() => {
        done();
      }, done);
    },
  });
}

async function asObjects(terminal: Terminal, wanted: OutputWanted): Promise<EventOutput> {
  const objects = await objectsFor(terminal, wanted);
  return {
    write: (events) =>
      objects.write(
        events.flatMap((event) => {
          if (event.data !== undefined) return [event.data];
          // What nobody can read has no place under a schema.
          terminal.err(`left out, since its bytes can't be read: ${event.id}\n`);
          return [];
        }),
      ),
    close: () => objects.close(),
  };
}

/** JSON, an event a line. */
async function asLines(terminal: Terminal, { output, file: path }: OutputWanted): Promise<EventOutput> {
  const textOf = (event: WrittenEvent): string =>
    `${JSON.stringify(output === 'cloudevents' ? event.whole() : event.data)}\n`;
  if (path === undefined) {
    return {
      write: (events) => {
        terminal.out(events.map(textOf).join(''));
        return terminal.drained();
      },
      close: () => Promise.resolve(),
    };
  }
  const file = await newFile(path);
  // What goes wrong is told by the write that it befalls.
  file.on('error', () => undefined);
  const write = promisify((text: string, done: (error?: Error | null) => void) => file.write(text, done));
  return {
    write: (events) => write(events.map(textOf).join('')),
    close: async () => {
      file.end();
      await finished(file);
    },
  };
}

/** Opens where the events go. Rejects with CommandFailed Usage when they can't be written so. */
export function eventOutput(terminal: Terminal, wanted: OutputWanted): Promise<EventOutput> {
  return wanted.output === 'avro' ? asObjects(terminal, wanted) : asLines(terminal, wanted);
}
