import { Command, Option } from 'commander';

import { isBehind } from '../behind-event.js';
import { parseLogPlace } from '../../services/log-place.js';
import { CommandFailed } from '../errors.js';
import {
  eventForms,
  eventOutput,
  type EventForm,
  type EventOutput,
  type WrittenEvent,
} from '../event-output.js';
import { readEvents, type ReceivedEvent } from '../read-events.js';
import type { ServerOptions } from '../server-client.js';
import type { Terminal } from '../terminal.js';
import { eventCondition } from '../watch/condition.js';
import { refuseWithoutWatch, timeUpOf, type WatchOptions } from '../watch/watch-options.js';
import { withinTime } from '../within-time.js';
import { milliseconds, serverOf, withServer } from './common.js';
import { beginning, filtered, instant, isEventId, wishOf, type FilterOptions } from './event-options.js';

interface EventsOptions extends ServerOptions, FilterOptions, WatchOptions {
  readonly from?: string;
  readonly to?: string;
  readonly follow?: boolean;
  readonly file?: string;
  readonly config?: string;
  readonly output: EventForm;
}

function isFollowing({ follow, watch }: EventsOptions): boolean {
  return follow === true || watch === true;
}

/** From a running Faultline: what its log still has, and of facts what it has forgotten. */
async function fromServer(
  terminal: Terminal,
  options: EventsOptions,
  output: () => Promise<EventOutput>,
): Promise<void> {
  const { from, to } = options;
  const follow = isFollowing(options);
  const after = from !== undefined && isEventId(from) ? from : undefined;
  const span = follow ? { from } : { from: from ?? 'beginning', until: to ?? 'now' };
  const { selector, ...filter } = wishOf(options);
  const labelSelector = selector === undefined ? {} : { labelSelector: selector };
  const query = {
    ...filter,
    ...labelSelector,
    ...span,
    ...(after === undefined ? {} : { from: 'beginning' }),
  };
  const until = options.until === undefined ? undefined : eventCondition(options.until);
  const isWanted = after === undefined ? undefined : isBehind(after);
  const limit = { timeoutMs: options.timeout, timeUp: timeUpOf(until) };
  await writing(await output(), (write) =>
    withinTime(terminal, limit, async (limited, stop) => {
      const server = serverOf(limited, options);
      const asked = { query, follow, ...(after === undefined ? {} : { after }) };
      for await (const event of readEvents(limited, server, asked)) {
        if (isWanted?.(event) === false) continue;
        await write([{ id: event.id, ...dataOf(event), whole: () => event }]);
        if (until?.isMet(event) !== true) continue;
        stop();
        return;
      }
    }),
  );
}

function dataOf({ data }: ReceivedEvent): Pick<WrittenEvent, 'data'> {
  return data === undefined ? {} : { data };
}

/** From the journal itself: all that was ever published. */
async function fromJournal(
  terminal: Terminal,
  { config, ...options }: EventsOptions & { readonly config: string },
  output: () => Promise<EventOutput>,
): Promise<void> {
  const { loadConfiguration } = await import('../configuration/load.js');
  const { withHistory } = await import('../composition/journal-history.js');
  const { readJournalEvents } = await import('../read-journal-events.js');
  const wish = { ...wishOf(options), from: options.from ?? 'beginning', to: options.to ?? 'now' };
  const configuration = loadConfiguration(config);
  await withHistory(configuration, terminal.environment, async (reader) => {
    await writing(await output(), async (write) => {
      for await (const events of readJournalEvents(reader, wish, configuration)) {
        if (terminal.interrupted.aborted) return;
        await write(events);
      }
    });
  });
}

async function writing(
  output: EventOutput,
  work: (write: EventOutput['write']) => Promise<void>,
): Promise<void> {
  try {
    await work((events) => output.write(events));
  } finally {
    await output.close();
  }
}

async function events(terminal: Terminal, options: EventsOptions): Promise<void> {
  const { config, to } = options;
  const follow = isFollowing(options);
  refuseWithoutWatch({ ...options, watch: follow });
  if (follow && to !== undefined)
    throw new CommandFailed('Usage', '--follow has no end', 'leave out --to or --follow');
  if (follow && config !== undefined)
    throw new CommandFailed('Usage', 'only a running Faultline can be followed', 'leave out --config');
  if (config !== undefined && parseLogPlace(options.from ?? '') !== undefined) {
    throw new CommandFailed(
      'Usage',
      `--from ${options.from ?? ''} is a place in the log, and the journal knows none`,
      'begin at a time or at the id of an event, or leave out --config',
    );
  }
  const output = (): Promise<EventOutput> => eventOutput(terminal, options);
  if (config === undefined) await fromServer(terminal, options, output);
  else await fromJournal(terminal, { ...options, config }, output);
  // Ctrl-C only stops following; the exit code still says that it was not the end.
  if (terminal.interrupted.aborted) throw new CommandFailed('TimedOut', 'interrupted');
}

/** What was published, for people, scripts and files. */
export function eventsCommand(terminal: Terminal): Command {
  const command = filtered(
    new Command('events').description(
      'what was published, an event a line; with --follow what is published from now on',
    ),
  )
    .option(
      '--from <time>',
      'beginning, now, a time like 2026-01-31, or a place in the log, TOPIC/PARTITION/OFFSET; or the id of an event, to hear what comes behind it of its node, and of others what was published since about then; beginning, or with --follow now',
      beginning,
    )
    .option('--to <time>', 'only what was published before; now, if not given', instant)
    .option('-f, --follow', 'go on until interrupted, also while the server is away for a time')
    .option('-w, --watch', 'the same as --follow')
    .option('--until <condition>', 'with --follow: end with the first such event, like event=ProcessEnded')
    .option(
      '--timeout <duration>',
      'with --follow: end after this long, like 30s, with exit code 5',
      milliseconds,
    )
    .addOption(
      new Option(
        '-o, --output <format>',
        'cloudevents: whole. json: the data alone. avro: objects of one kind of event, into a file or a pipe',
      )
        .choices(eventForms)
        .default('cloudevents'),
    )
    .option('--file <file>', 'a new one to be written, instead of stdout')
    .option(
      '-c, --config <file>',
      'read the journal that this configuration names, not what a running Faultline has in its log: all that was ever published, made again, node after node',
    );
  return withServer(command).action((options: EventsOptions) => events(terminal, options));
}
