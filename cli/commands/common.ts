import { InvalidArgumentError, Option, type Command } from 'commander';

import { parseDurationMs } from '../../services/duration.js';
import { CommandFailed } from '../errors.js';
import { outputFormats, type OutputFormat } from '../output/print.js';
import { connectToServer, type ServerClient, type ServerOptions } from '../server-client.js';
import type { Terminal } from '../terminal.js';

export interface OutputOptions extends ServerOptions {
  readonly output: OutputFormat;
}

export function outputOption(formats: readonly OutputFormat[] = outputFormats): Option {
  return new Option('-o, --output <format>', 'form of the result').choices(formats).default(formats[0]);
}

/** The same command, for a running Faultline: which one, and by what token. */
export function withServer(command: Command): Command {
  return command
    .option('--server <url>', 'a running Faultline (else FAULTLINE_SERVER, else a local run)')
    .option('--token-file <file>', 'bearer token');
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('give a number above 0');
  return value;
}

/** Of something that is counted. */
export function wholeNumber(text: string): number {
  const value = positiveNumber(text);
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('give a whole number above 0');
  return value;
}

/** Of a listener; 0: any free one. */
export function portNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError('give a number from 0 to 65535');
  return Number(text);
}

export function logLevelOption(usual: 'error' | 'info'): Option {
  return new Option('--log-level <level>', 'what is logged')
    .choices(['debug', 'info', 'warn', 'error'])
    .default(usual);
}

/** A duration like `30s`, as milliseconds. */
export function milliseconds(text: string): number {
  const value = parseDurationMs(text);
  if (value === undefined) throw new InvalidArgumentError('write it like 500ms, 30s or 10m');
  return value;
}

/** `CLUSTER/NODE`, also of only the node's name where one cluster is known. */
export async function nodeNamed(server: ServerClient, name: string): Promise<string> {
  if (name.indexOf('/') > 0) return name;
  const found = await everyItem<{ readonly cluster: string; readonly node: string }>(server, '/v1/nodes');
  const [first, second] = found.items.filter((item) => item.node === name);
  if (first === undefined) throw new CommandFailed('NotFound', `there is no node ${name}`);
  if (second !== undefined)
    throw new CommandFailed('Usage', `${name} is in several clusters`, 'write CLUSTER/NODE');
  return `${first.cluster}/${first.node}`;
}

/** Below `root`, of the same. */
export async function nodePath(server: ServerClient, name: string, root = '/v1/nodes'): Promise<string> {
  const [cluster = '', ...node] = (await nodeNamed(server, name)).split('/');
  return `${root}/${encodeURIComponent(cluster)}/${encodeURIComponent(node.join('/'))}`;
}

export interface ListPage<Item> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly items: readonly Item[];
  readonly next?: string;
}

/** All pages of a list as one. */
export async function everyItem<Item>(
  server: ServerClient,
  path: string,
  query: Readonly<Record<string, string | boolean | undefined>> = {},
): Promise<ListPage<Item>> {
  const items: Item[] = [];
  let after: string | undefined;
  for (;;) {
    const page: ListPage<Item> = await server.get(path, { ...query, after, limit: 1000 });
    items.push(...page.items);
    if (page.next === undefined) return { apiVersion: page.apiVersion, kind: page.kind, items };
    after = page.next;
  }
}

/** How an order of a person is given. */
export interface OrderOptions extends OutputOptions {
  readonly dryRun?: boolean;
}

/** …and what stands in the journal beside it. */
export interface ReasonedOptions extends OrderOptions {
  readonly reason: string;
}

/** What is sent for an order: with whether it is only to be looked at, and who says to give it. */
export function orderBody(terminal: Terminal, { dryRun }: OrderOptions, order: object): string {
  return JSON.stringify({ ...order, dryRun: dryRun === true, ...claimedSubject(terminal) });
}

/** Who gives it, where no operators are configured. */
export function claimedSubject({ environment }: Terminal): { readonly subject?: string } {
  const claimed = environment['USER'];
  return claimed === undefined || claimed === '' ? {} : { subject: claimed };
}

export function serverOf(terminal: Terminal, options: ServerOptions): ServerClient {
  return connectToServer(terminal, options);
}
