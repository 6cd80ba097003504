import { Command } from 'commander';

import type {
  WebhookDescription,
  WebhookEventItem,
  WebhookItem,
  WebhookList,
  WebhookOrders,
  WebhookReceipt,
  WebhookVerb,
} from '../../services/console/forms/webhooks.js';
import { CommandFailed } from '../errors.js';
import { ageOf } from '../output/age.js';
import { printDocument, printView, type View } from '../output/print.js';
import type { Terminal } from '../terminal.js';
import {
  orderBody,
  outputOption,
  serverOf,
  withServer,
  type OrderOptions,
  type OutputOptions,
  type ReasonedOptions,
} from './common.js';

interface EventOptions extends OrderOptions {
  readonly all?: boolean;
}

const listView: View<WebhookList, WebhookItem> = {
  rows: ({ items }) => items,
  nameOf: ({ name }) => name,
  whenEmpty:
    'No subscriber by webhook is known: configure some under webhooks, and run `--only webhooks` or all.',
  columns: [
    { title: 'WEBHOOK', text: ({ name }) => name },
    { title: 'STATE', text: ({ paused }) => (paused === undefined ? 'on' : 'paused') },
    { title: 'WAITING', text: ({ waiting }) => String(waiting) },
    { title: 'DEAD', text: ({ dead }) => String(dead) },
    { title: 'WHY PAUSED', text: ({ paused }) => paused?.reason ?? '-' },
    { title: 'BY', text: ({ paused }) => paused?.subject ?? '-', wide: true },
  ],
};

function eventView(now: number): View<WebhookDescription, WebhookEventItem> {
  return {
    rows: ({ events }) => events,
    nameOf: ({ id }) => id,
    whenEmpty: 'No event waits for another try, and none is dead.',
    columns: [
      { title: 'ID', text: ({ id }) => id },
      { title: 'STATE', text: ({ state }) => state },
      { title: 'EVENT', text: ({ eventId }) => eventId },
      { title: 'TRIES', text: ({ tries }) => String(tries) },
      { title: 'AGE', text: ({ firstTriedAt }) => ageOf(firstTriedAt, now) },
      { title: 'REASON', text: ({ reason }) => reason },
      { title: 'TOPIC', text: ({ topic }) => topic, wide: true },
    ],
  };
}

function pathOf(name: string): string {
  return `/v1/webhooks/${encodeURIComponent(name)}`;
}

const done: Readonly<Record<WebhookVerb, string>> = {
  pause: 'paused',
  resume: 'resumed',
  replay: 'gets its events again',
  retry: 'tried again',
  drop: 'dropped',
};

/** From when on, what the journal tells, and what nobody has any more. */
function replayWords({ replayId, since, fromJournal = [], forgotten = [] }: WebhookReceipt): string {
  if (replayId === undefined) return '';
  const lines = [
    ...(fromJournal.length === 0
      ? []
      : [
          `${fromJournal.join(', ')}: first from the journal, node after node: the log has forgotten some of it`,
        ]),
    ...forgotten.map(({ topic, before }) => `${topic}: some of what was published before ${before} is gone`),
  ];
  const when = since ?? 'the beginning';
  return ` from ${when} on (${replayId})${lines.map((line) => `\n  ${line}`).join('')}`;
}

async function give<Verb extends WebhookVerb>(
  terminal: Terminal,
  options: OrderOptions,
  { name, verb, order }: { readonly name: string; readonly verb: Verb; readonly order: WebhookOrders[Verb] },
): Promise<void> {
  const server = serverOf(terminal, options);
  const body = orderBody(terminal, options, order);
  const receipt = await server.order<WebhookReceipt>(`${pathOf(name)}/${verb}`, body, 'WebhookReceipt');
  const { output } = options;
  if (output !== 'table') {
    printDocument(terminal, output, receipt);
    return;
  }
  const would = options.dryRun === true ? 'would be: ' : '';
  const { ids } = receipt;
  if (ids === undefined) terminal.out(`${name} ${would}${done[verb]}${replayWords(receipt)}\n`);
  else for (const id of ids) terminal.out(`${id} ${would}${done[verb]}\n`);
}

/** The ids given, or those of all dead events. */
async function idsOf(
  terminal: Terminal,
  name: string,
  given: readonly string[],
  options: EventOptions,
): Promise<string[]> {
  if (given.length > 0 === (options.all === true))
    throw new CommandFailed('Usage', 'say which: IDs, or --all dead ones', 'one of the two');
  if (given.length > 0) return [...given];
  const { events } = await serverOf(terminal, options).get<WebhookDescription>(pathOf(name));
  const dead = events.filter(({ state }) => state === 'dead').map(({ id }) => id);
  if (dead.length === 0)
    throw new CommandFailed('NotFound', `${name} has no dead events`, 'there is nothing to do');
  return dead;
}

function orderCommand(verb: WebhookVerb, description: string): Command {
  return withServer(
    new Command(verb)
      .description(description)
      .argument('<name>', 'of the subscriber')
      .option('--dry-run', 'only say what it would do')
      .addOption(outputOption(['table', 'json', 'yaml'])),
  );
}

function eventsCommand(verb: 'retry' | 'drop', description: string): Command {
  return orderCommand(verb, description)
    .argument('[ids...]', 'as `show` lists them')
    .option('--all', 'all dead ones, at most 1,000 at once');
}

function lookCommands(terminal: Terminal): readonly Command[] {
  const list = withServer(
    new Command('list')
      .description('subscribers by webhook, what waits for them and what is dead')
      .addOption(outputOption()),
  ).action(async (options: OutputOptions) => {
    const document = await serverOf(terminal, options).get<WebhookList>('/v1/webhooks');
    printView(terminal, options.output, document, listView);
  });
  const show = withServer(
    new Command('show')
      .description('the events that a subscriber has not got, and why')
      .argument('<name>', 'of the subscriber')
      .addOption(outputOption()),
  ).action(async (name: string, options: OutputOptions) => {
    const document = await serverOf(terminal, options).get<WebhookDescription>(pathOf(name));
    printView(terminal, options.output, document, eventView(Date.now()));
  });
  return [list, show];
}

function orderCommands(terminal: Terminal): readonly Command[] {
  return [
    eventsCommand('retry', 'try dead events again; those of one node in their order').action(
      async (name: string, ids: readonly string[], options: EventOptions) => {
        const order = { ids: await idsOf(terminal, name, ids, options) };
        await give(terminal, options, { name, verb: 'retry', order });
      },
    ),
    eventsCommand('drop', 'nobody needs to be asked about these events any more')
      .requiredOption('--reason <text>', 'stands in the journal')
      .action(async (name: string, ids: readonly string[], options: EventOptions & ReasonedOptions) => {
        const order = { ids: await idsOf(terminal, name, ids, options), reason: options.reason };
        await give(terminal, options, { name, verb: 'drop', order });
      }),
    orderCommand('pause', 'send nothing to a subscriber until it is resumed; nothing is lost')
      .requiredOption('--reason <text>', 'stands in the journal')
      .action(async (name: string, options: ReasonedOptions) => {
        await give(terminal, options, { name, verb: 'pause', order: { reason: options.reason } });
      }),
    orderCommand('resume', 'go on where it was').action(async (name: string, options: OrderOptions) => {
      await give(terminal, options, { name, verb: 'resume', order: {} });
    }),
    orderCommand('replay', 'deliver again what was published since a moment, marked with ce-replay')
      .requiredOption('--since <time>', '`beginning`, or a time like 2026-01-31T08:00:00Z')
      .action(async (name: string, options: OrderOptions & { readonly since: string }) => {
        await give(terminal, options, { name, verb: 'replay', order: { since: options.since } });
      }),
  ];
}

export function webhooksCommand(terminal: Terminal): Command {
  const command = new Command('webhooks').description('subscribers by webhook');
  for (const child of [...lookCommands(terminal), ...orderCommands(terminal)]) command.addCommand(child);
  return command;
}
