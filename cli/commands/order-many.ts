import { randomUUID } from 'node:crypto';

import type { OrderKind } from '../../domain/signal.js';
import { apiVersion } from '../../services/console/forms/form.js';
import type { ProcessItem } from '../../services/console/forms/processes.js';
import { CommandFailed } from '../errors.js';
import type { OrderBatch, OrderedProcess } from '../forms/order-batch.js';
import { decided, tell, type OrderToMany, type Told } from '../give-orders.js';
import { orderBatchView } from '../output/order-batch-view.js';
import { printDocument, printView } from '../output/print.js';
import type { ServerClient } from '../server-client.js';
import type { Terminal } from '../terminal.js';
import { withinTime } from '../within-time.js';
import { everyItem, serverOf, type ReasonedOptions } from './common.js';

/** Which of the active processes are meant: each part that is given has to fit. */
export interface Selection {
  readonly all?: boolean;
  readonly cluster?: string;
  readonly node?: string;
  readonly faultType?: string;
  readonly workflow?: string;
  readonly stage?: string;
}

export interface ManyOptions extends ReasonedOptions, Selection {
  readonly yes?: boolean;
  readonly expectCount?: number;
  readonly key?: string;
  readonly wait: boolean;
  readonly timeout?: number;
}

const usualTimeoutMs = 30_000;

/** Whether many are meant, and not one by its name. */
export function selectsMany({ all, cluster, node, faultType, workflow, stage }: Selection): boolean {
  return all === true || [cluster, node, faultType, workflow, stage].some((part) => part !== undefined);
}

/** @throws CommandFailed Usage */
function refuseUnsaid({ all, yes, expectCount, dryRun, ...parts }: ManyOptions): void {
  if (all === true && selectsMany({ ...parts, all: false }))
    throw new CommandFailed('Usage', '--all is everything: it has no parts', 'leave out --all');
  if (dryRun !== true && (yes !== true || expectCount === undefined))
    throw new CommandFailed(
      'Usage',
      'an order to many needs --yes and --expect-count N',
      'look with --dry-run how many there are; nothing was done',
    );
}

async function selected(server: ServerClient, selection: Selection): Promise<readonly ProcessItem[]> {
  const { cluster, node, faultType, workflow, stage } = selection;
  const { items } = await everyItem<ProcessItem>(server, '/v1/processes', { active: true, node });
  const fits = (part: string | undefined, is: string): boolean => part === undefined || part === is;
  return items.filter(
    (row) =>
      fits(cluster, row.cluster) &&
      fits(faultType, row.faultType) &&
      fits(workflow, row.workflow) &&
      fits(stage, row.stage),
  );
}

function print(terminal: Terminal, { output }: ManyOptions, batch: OrderBatch): void {
  if (output === 'table') printView(terminal, output, batch, orderBatchView);
  else printDocument(terminal, output, batch);
}

/** @throws CommandFailed Refused, if some did not take it */
function refuseHalf(items: readonly OrderedProcess[]): void {
  const refused = items.filter(({ status }) => status === 'refused').length;
  if (refused > 0)
    throw new CommandFailed(
      'Refused',
      `${refused} of ${items.length} processes did not take the order`,
      'see the reason of each in the result',
    );
}

/** Tells those that are to be told, one after the other, and waits for all of them. */
async function giveAll(
  terminal: Terminal,
  order: OrderToMany,
  preview: readonly Told[],
  options: ManyOptions,
): Promise<readonly OrderedProcess[]> {
  const told = new Map(preview.map((one) => [one.item.processId, one]));
  const open = preview.filter(({ item }) => item.status === 'preview').map(({ item }) => item);
  const { key } = order;
  terminal.err(`telling ${open.length} processes; interrupted, it goes on with --key ${key}\n`);
  const timeoutMs = options.timeout ?? usualTimeoutMs;
  const timeUp = (span: string): string =>
    `not all orders were decided after ${span}; go on with --key ${key}`;
  return withinTime(terminal, { timeoutMs, timeUp }, async (limited) => {
    const server = serverOf(limited, options);
    for (const process of open) told.set(process.processId, await tell(limited, server, order, process));
    const all = [...told.values()];
    return options.wait
      ? Promise.all(all.map((one) => decided(limited, server, one)))
      : all.map(({ item }) => item);
  });
}

/**
 * Gives one order to many processes: those that take it now, if they are as many as somebody expects. What was told under a
 * key is not told again under it.
 * @throws CommandFailed Usage, Differs, Refused, TimedOut
 */
export async function orderMany(terminal: Terminal, kind: OrderKind, options: ManyOptions): Promise<void> {
  refuseUnsaid(options);
  const { reason, expectCount, key = randomUUID() } = options;
  const dryRun = options.dryRun === true;
  const server = serverOf(terminal, options);
  const looking: OrderToMany = { kind, key, options: { ...options, dryRun: true } };
  const preview: Told[] = [];
  for (const process of await selected(server, options))
    preview.push(await tell(terminal, server, looking, process));
  const count = preview.filter(({ item }) => item.status === 'preview').length;
  const batchOf = (items: readonly OrderedProcess[]): OrderBatch => {
    return { apiVersion, kind: 'OrderBatch', order: kind, reason, dryRun, key, count, items: [...items] };
  };
  if (dryRun) {
    print(terminal, options, batchOf(preview.map(({ item }) => item)));
    return;
  }
  if (count !== expectCount)
    throw new CommandFailed(
      'Differs',
      `${count} processes would be told, not ${expectCount}: nothing was done`,
      'look at them with --dry-run',
    );
  // Those that did not take it from the start are left out, as the preview has said.
  const left = new Set(
    preview.filter(({ item }) => item.status === 'refused').map(({ item }) => item.processId),
  );
  const items = await giveAll(
    terminal,
    { kind, key, options: { ...options, dryRun: false } },
    preview,
    options,
  );
  print(terminal, options, batchOf(items));
  refuseHalf(items.filter(({ processId }) => !left.has(processId)));
}
