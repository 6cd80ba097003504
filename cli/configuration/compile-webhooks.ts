import { LabelSelectorInvalid } from '../../domain/label-selector.js';
import { FilterInvalid, filterOf, type EventFilter } from '../../services/event-filter.js';
import { keptSelector, type KeptLabels } from '../../services/node-labels.js';
import { checkUrl, requiredSecret, type Compilation } from './compilation.js';
import type { SubscriberConfiguration } from './configuration.js';
import type { KeyPath } from './problems.js';
import type { ConfigurationFile } from './sections/whole-file.js';

type WebhookSection = ConfigurationFile['webhooks'][number];

/** Copies are given a minute to end, and wait for the answers that are on their way. */
const longestTimeoutMs = 30_000;

function compileFilter(context: Compilation, path: KeyPath, filter: WebhookSection['filter']): EventFilter {
  try {
    return filterOf(filter);
  } catch (error) {
    if (!(error instanceof FilterInvalid)) throw error;
    context.problem(path, error.message);
    return filterOf({});
  }
}

function checkSelector(context: Compilation, path: KeyPath, selector: string, kept: KeptLabels): void {
  try {
    keptSelector(selector, kept);
  } catch (error) {
    if (!(error instanceof LabelSelectorInvalid)) throw error;
    context.problem(path, error.message);
  }
}

function compileTimeout(context: Compilation, path: KeyPath, text: string): number {
  const ms = context.duration(path, text);
  if (ms > longestTimeoutMs)
    context.problem(path, 'must be at most 30s: whoever takes longer answers 202 first');
  return ms;
}

/** Subscribers by webhook, in the order of the file; names must differ. */
export function compileWebhooks(
  context: Compilation,
  file: Pick<ConfigurationFile, 'webhooks' | 'clusters' | 'guard'>,
): readonly SubscriberConfiguration[] {
  return file.webhooks.map((given, index) => {
    const path = ['webhooks', index];
    const { name, url, from, concurrency, requestTimeout, retryFor } = given;
    if (file.webhooks.findIndex((other) => other.name === name) < index)
      context.problem([...path, 'name'], `${name} is there twice: each subscriber has its own name`);
    checkUrl(context, [...path, 'url'], url);
    const secret = context.secret(path, 'secret', given.secretFile, given.secretFrom);
    const { labelSelector } = given.filter;
    if (labelSelector !== undefined)
      checkSelector(context, [...path, 'filter', 'labelSelector'], labelSelector, file);
    const { previousSecretFile, previousSecretFrom } = given;
    const previous = context.secret(path, 'previousSecret', previousSecretFile, previousSecretFrom);
    return {
      ...{ name, url, from, concurrency },
      secret: requiredSecret(context, path, 'secret', secret),
      ...(previous === undefined ? {} : { previousSecret: previous }),
      filter: compileFilter(context, [...path, 'filter'], given.filter),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      requestTimeoutMs: compileTimeout(context, [...path, 'requestTimeout'], requestTimeout),
      retryForMs: context.duration([...path, 'retryFor'], retryFor),
    };
  });
}
