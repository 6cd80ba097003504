import { readFileSync } from 'node:fs';

import { Command } from 'commander';

import { CommandFailed } from '../errors.js';
import { printDocument } from '../output/print.js';
import { failureOf } from '../server-client.js';
import type { Terminal } from '../terminal.js';
import { outputOption, serverOf, withServer, type OutputOptions } from './common.js';

interface ReportOptions extends OutputOptions {
  readonly type?: string;
  readonly cleared?: boolean;
  readonly source: string;
  readonly message?: string;
  readonly bootId?: string;
  readonly file?: string;
}

interface Receipt {
  readonly accepted: readonly string[];
  readonly rejected: readonly { readonly index: number; readonly path: string; readonly reason: string }[];
}

/** What intake says about single reports; undefined when it refused the request as a whole. */
function receiptOf(body: unknown): Receipt | undefined {
  if (typeof body !== 'object' || body === null || !('rejected' in body)) return undefined;
  const { rejected } = body as Pick<Receipt, 'rejected'>;
  return { accepted: 'accepted' in body ? (body.accepted as Receipt['accepted']) : [], rejected };
}

function single(node: string | undefined, options: ReportOptions): string {
  const slash = node?.indexOf('/') ?? -1;
  if (node === undefined || slash < 1 || options.type === undefined) {
    throw new CommandFailed(
      'Usage',
      'a report needs CLUSTER/NODE and --type, or --file',
      'see `faultline report --help`',
    );
  }
  const { type, source, message, bootId } = options;
  const status = options.cleared === true ? 'cleared' : 'firing';
  return JSON.stringify({
    cluster: node.slice(0, slash),
    node: node.slice(slash + 1),
    type,
    status,
    source,
    message,
    bootId,
  });
}

function fromFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new CommandFailed(
      'Usage',
      `${path} can't be read`,
      'name an existing file, or - for standard input',
    );
  }
}

export function reportCommand(terminal: Terminal): Command {
  return withServer(
    new Command('report')
      .description('report that a fault fires or is cleared, once or many from a file')
      .argument('[node]', 'CLUSTER/NODE')
      .option('--type <faultType>', 'for instance DiskFailure')
      .option('--cleared', 'the fault is gone')
      .option('--source <name>', 'who says so', 'cli')
      .option('--message <text>', 'what was seen')
      .option('--boot-id <id>', 'boot that it speaks of')
      .option('-f, --file <file>', 'JSON or NDJSON; - for standard input')
      .addOption(outputOption(['table', 'json', 'yaml'])),
  ).action(async (node: string | undefined, options: ReportOptions) => {
    const { file } = options;
    const body =
      file === undefined ? single(node, options) : file === '-' ? await terminal.readStdin() : fromFile(file);
    const isLines = file !== undefined && !body.trimStart().startsWith('[') && body.trim().includes('\n{');
    const server = serverOf(terminal, options);
    const { status, body: answer } = await server.post(
      '/v1/reports',
      body,
      isLines ? 'application/x-ndjson' : 'application/json',
    );
    const receipt = receiptOf(answer);
    if (receipt === undefined) throw failureOf(server.url, status, answer);
    const document = { apiVersion: 'faultline.dev/v1', kind: 'ReportReceipt', ...receipt };
    if (options.output !== 'table') printDocument(terminal, options.output, document);
    else for (const id of receipt.accepted) terminal.out(`${id} accepted\n`);
    for (const { index, path, reason } of receipt.rejected)
      terminal.err(`report ${index}: ${path}: ${reason}\n`);
    if (receipt.rejected.length > 0)
      throw new CommandFailed('ReportsRejected', `${receipt.rejected.length} reports were rejected`);
  });
}
