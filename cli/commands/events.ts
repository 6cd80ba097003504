import { Command, InvalidArgumentError, Option } from 'commander';

import type { EventFile } from '../../schemas/event-file.js';
import { CommandFailed } from '../errors.js';
import { readEvents, type ReceivedEvent } from '../read-events.js';
import type { ServerOptions } from '../server-client.js';
import type { Terminal } from '../terminal.js';
import { serverOf, serverOption, tokenOption } from './common.js';

interface EventsOptions extends ServerOptions {
  readonly topic?: string;
  readonly node?: string;
  readonly cluster?: string;
  readonly type?: string;
  readonly class?: string;
  readonly outcome?: string;
  readonly from?: string;
  readonly to?: string;
  readonly follow?: boolean;
  readonly file?: string;
  readonly output: 'cloudevents' | 'json' | 'avro';
}

/** A word that the server knows, or a time in whatever form the language reads. */
function instant(text: string): string {
  if (text === 'beginning' || text === 'now') return text;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new InvalidArgumentError('write it like 2026-01-31 or 2026-01-31T08:00:00Z');
  return new Date(at).toISOString();
}

interface Output {
  write(event: ReceivedEvent): Promise<void>;
  close(): Promise<void>;
}

/** One file of Avro objects has one schema: that of the topics asked for. */
async function fileFor({ topic, file }: EventsOptions): Promise<EventFile> {
  const { eventOfTopic } = await import('../../schemas/catalog.js');
  const events = new Set((topic ?? '').split(',').map(eventOfTopic));
  const [event] = events;
  if (event === undefined || events.size > 1) {
    throw new CommandFailed('Usage', 'a file of Avro objects holds one kind of event', 'name its --topic');
  }
  if (file === undefined) throw new CommandFailed('Usage', '-o avro writes bytes', 'name a new --file');
  const { createEventFile } = await import('../../schemas/event-file.js');
  return createEventFile(file, event).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandFailed('Usage', `${file} can't be made: ${reason}`, 'name a file that is not there');
  });
}

async function outputOf(terminal: Terminal, options: EventsOptions): Promise<Output> {
  if (options.output === 'avro') {
    const file = await fileFor(options);
    return {
      // What nobody can read has no place in a file with a schema.
      write: async ({ id, data }) => {
        if (data !== undefined) await file.write(data);
        else terminal.err(`left out, since its bytes can't be read: ${id}\n`);
      },
      close: () => file.close(),
    };
  }
  const isWhole = options.output === 'cloudevents';
  return {
    write: (event) => {
      terminal.out(`${JSON.stringify(isWhole ? event : event.data)}\n`);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

async function events(terminal: Terminal, options: EventsOptions): Promise<void> {
  const { topic, node, cluster, type, class: faultClass, outcome, from, to } = options;
  const follow = options.follow === true;
  if (follow && to !== undefined)
    throw new CommandFailed('Usage', '--follow has no end', 'leave out --to or --follow');
  const filter = { topic, node, cluster, type, class: faultClass, outcome };
  const span = follow ? { from } : { from: from ?? 'beginning', until: to ?? 'now' };
  const server = serverOf(terminal, options);
  const output = await outputOf(terminal, options);
  try {
    const query = { ...filter, ...span };
    for await (const event of readEvents(terminal, server, { query, follow })) await output.write(event);
  } finally {
    await output.close();
  }
  // Ctrl-C only stops following; the exit code still says that it was not the end.
  if (terminal.interrupted.aborted) throw new CommandFailed('TimedOut', 'interrupted');
}

/** What was published, for people, scripts and files. */
export function eventsCommand(terminal: Terminal): Command {
  return new Command('events')
    .description('what was published, an event a line; with --follow what is published from now on')
    .option('--topic <names>', 'only from these topics; several with commas, here and below')
    .option('--node <cluster/node>', 'only about these nodes')
    .option('--cluster <names>', 'only about nodes of these clusters')
    .option('--type <types>', 'only faults of these types, and ends of processes that handled one')
    .option('--class <classes>', 'the same by class: hardware, system, component')
    .option('--outcome <outcomes>', 'only processes that ended so')
    .option(
      '--from <time>',
      'beginning, now, or a time like 2026-01-31; beginning, or with --follow now',
      instant,
    )
    .option('--to <time>', 'only what was published before; now, if not given', instant)
    .option('-f, --follow', 'go on until interrupted')
    .addOption(
      new Option(
        '-o, --output <format>',
        'cloudevents: whole. json: the data alone. avro: a file of Avro objects',
      )
        .choices(['cloudevents', 'json', 'avro'])
        .default('cloudevents'),
    )
    .option('--file <file>', 'with -o avro: to be written')
    .addOption(serverOption())
    .addOption(tokenOption())
    .action((options: EventsOptions) => events(terminal, options));
}
