import { Command } from 'commander';

import { orderKinds } from '../../domain/signal.js';
import type { OrderReceipt } from '../../services/console/forms/processes.js';
import { printDocument } from '../output/print.js';
import { failureOf } from '../server-client.js';
import type { Terminal } from '../terminal.js';
import { outputOption, serverOf, serverOption, tokenOption, type OutputOptions } from './common.js';

interface OrderOptions extends OutputOptions {
  readonly reason: string;
  readonly dryRun?: boolean;
}

const descriptions = {
  retry: 'begin the present workflow again',
  skip: 'go on to verification; nothing skips that',
  abort: 'end the process and take the node over',
  repaired: 'say that the machine has been repaired',
} as const;

function isReceipt(body: unknown): body is OrderReceipt {
  return typeof body === 'object' && body !== null && 'kind' in body && body.kind === 'OrderReceipt';
}

export function orderCommand(terminal: Terminal): Command {
  const command = new Command('order').description('tell a process what to do; journaled with who and why');
  for (const kind of orderKinds) {
    command.addCommand(
      new Command(kind)
        .description(descriptions[kind])
        .argument('<process>', 'p-…')
        .requiredOption('--reason <text>', 'stands in the journal')
        .option('--dry-run', 'only say what it would do')
        .addOption(outputOption(['table', 'json', 'yaml']))
        .addOption(serverOption())
        .addOption(tokenOption())
        .action(async (process: string, options: OrderOptions) => {
          const server = serverOf(terminal, options);
          const body = JSON.stringify({ kind, reason: options.reason, dryRun: options.dryRun === true });
          const answer = await server.post(
            `/v1/processes/${encodeURIComponent(process)}/orders`,
            body,
            'application/json',
          );
          if (!isReceipt(answer.body)) throw failureOf(server.url, answer.status, answer.body);
          const receipt = answer.body;
          if (options.output !== 'table')
            printDocument(terminal, options.output === 'yaml' ? 'yaml' : 'json', receipt);
          else terminal.out(`${receipt.processId} ${receipt.order} ${receipt.status}: ${receipt.effect}\n`);
        }),
    );
  }
  return command;
}
