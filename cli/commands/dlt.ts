import { Command } from 'commander';

import type {
  DeadLetterItem,
  DeadLetterList,
  DeadLetterReceipt,
} from '../../services/console/forms/dead-letters.js';
import { mostLettersAtOnce } from '../../services/console/forms/dead-letters.js';
import { apiVersion } from '../../services/console/forms/form.js';
import { CommandFailed } from '../errors.js';
import { ageOf } from '../output/age.js';
import { printDocument, printView, printWhole, type View } from '../output/print.js';
import type { ServerClient } from '../server-client.js';
import type { Terminal } from '../terminal.js';
import {
  orderBody,
  outputOption,
  serverOf,
  withServer,
  type OutputOptions,
  type ReasonedOptions,
} from './common.js';

interface ListOptions extends OutputOptions {
  readonly all?: boolean;
}

interface HandleOptions extends ReasonedOptions {
  readonly all?: boolean;
  readonly node?: string;
}

const mostListed = 10_000;

function view(now: number): View<DeadLetterList, DeadLetterItem> {
  return {
    rows: ({ items }) => items,
    nameOf: ({ id }) => id,
    whenEmpty: 'There are no dead letters that wait for somebody.',
    columns: [
      { title: 'DEAD LETTER', text: ({ id }) => id },
      { title: 'KEY', text: ({ key }) => key ?? '-' },
      { title: 'BYTES', text: ({ bytes }) => String(bytes) },
      { title: 'AGE', text: ({ at }) => ageOf(at, now) },
      { title: 'HANDLED', text: ({ handled }) => handled?.how ?? '-', wide: true },
      { title: 'REASON', text: ({ reason }) => reason },
    ],
  };
}

function listCommand(terminal: Terminal): Command {
  return withServer(
    new Command('list')
      .description('records that could not be processed and that nobody has retried or dropped')
      .option('--all', 'also those that were retried or dropped')
      .addOption(outputOption()),
  ).action(async (options: ListOptions) => {
    const query = { all: options.all === true, limit: mostListed };
    const list = await serverOf(terminal, options).get<DeadLetterList>('/v1/dead-letters', query);
    printView(terminal, options.output, list, view(Date.now()));
  });
}

function showCommand(terminal: Terminal): Command {
  return withServer(
    new Command('show')
      .description('one of them: reason, origin, headers and the original bytes')
      .argument('<id>', 'TOPIC/PARTITION/OFFSET')
      .addOption(outputOption(['table', 'json', 'jsonl', 'yaml'])),
  ).action(async (id: string, options: OutputOptions) => {
    const path = id.split('/').map(encodeURIComponent).join('/');
    const document = await serverOf(terminal, options).get(`/v1/dead-letters/${path}`);
    printWhole(terminal, options.output, document);
  });
}

/** The ids given, or those that are open now: all of them, or of one node. */
async function idsOf(
  server: ServerClient,
  ids: readonly string[],
  { all, node }: HandleOptions,
): Promise<readonly string[]> {
  const ways = [ids.length > 0, all === true, node !== undefined].filter(Boolean).length;
  if (ways !== 1) {
    throw new CommandFailed('Usage', 'say which: IDs, or --node CLUSTER/NODE, or --all', 'one of the three');
  }
  if (ids.length > 0) return ids;
  const { items } = await server.get<DeadLetterList>('/v1/dead-letters', { limit: mostListed });
  return items.filter(({ key }) => node === undefined || key === node).map(({ id }) => id);
}

async function handle(
  terminal: Terminal,
  verb: 'retry' | 'drop',
  given: readonly string[],
  options: HandleOptions,
): Promise<void> {
  const server = serverOf(terminal, options);
  const ids = await idsOf(server, given, options);
  const { reason } = options;
  const receipts: DeadLetterReceipt[] = [];
  // Listed in order, so that a part never overtakes the one before it.
  for (let from = 0; from < ids.length; from += mostLettersAtOnce) {
    const some = ids.slice(from, from + mostLettersAtOnce);
    const body = orderBody(terminal, options, { reason, ids: some });
    const path = `/v1/dead-letters/${verb}`;
    receipts.push(await server.order<DeadLetterReceipt>(path, body, 'DeadLetterReceipt'));
  }
  print(terminal, options, { verb, receipts, subject: terminal.environment['USER'] ?? '' });
}

function print(
  terminal: Terminal,
  { output, reason, dryRun = false }: HandleOptions,
  {
    verb,
    receipts,
    subject,
  }: {
    readonly verb: 'retry' | 'drop';
    readonly receipts: readonly DeadLetterReceipt[];
    readonly subject: string;
  },
): void {
  const handled = verb === 'retry' ? 'retried' : 'dropped';
  const receipt: DeadLetterReceipt = {
    apiVersion,
    kind: 'DeadLetterReceipt',
    handled,
    ids: receipts.flatMap(({ ids }) => ids),
    already: receipts.flatMap(({ already }) => already),
    subject: receipts[0]?.subject ?? subject,
    reason,
    dryRun,
  };
  if (output !== 'table') {
    printDocument(terminal, output, receipt);
    return;
  }
  for (const id of receipt.ids) terminal.out(`${id} ${dryRun ? `would be ${handled}` : handled}\n`);
  for (const id of receipt.already) terminal.out(`${id} was handled before\n`);
  if (receipts.length === 0) terminal.err('There are no dead letters that wait for somebody.\n');
}

function handleCommand(terminal: Terminal, verb: 'retry' | 'drop', description: string): Command {
  return withServer(
    new Command(verb)
      .description(description)
      .argument('[ids...]', 'TOPIC/PARTITION/OFFSET')
      .requiredOption('--reason <text>', 'stands in the journal')
      .option('--node <node>', 'all open ones of CLUSTER/NODE')
      .option('--all', 'all open ones')
      .option('--dry-run', 'only say what it would do')
      .addOption(outputOption(['table', 'json', 'yaml'])),
  ).action((ids: readonly string[], options: HandleOptions) => handle(terminal, verb, ids, options));
}

export function dltCommand(terminal: Terminal): Command {
  return new Command('dlt')
    .description('dead letters: records that could not be processed')
    .addCommand(listCommand(terminal))
    .addCommand(showCommand(terminal))
    .addCommand(
      handleCommand(
        terminal,
        'retry',
        'put the original records back on their topics, untouched; those of one node in their order',
      ),
    )
    .addCommand(
      handleCommand(terminal, 'drop', 'nobody needs to be asked about them any more; the records stay'),
    );
}
