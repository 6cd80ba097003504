import { openEventEndpoint } from '../../../adapters/webhook/event-endpoint.js';
import { runWebhooks, type WebhooksOptions } from '../../../services/webhooks/run-webhooks.js';
import { webhookSecret, WebhookSecretInvalid } from '../../../services/webhooks/sign.js';
import type { Supervision } from '../../../services/supervision.js';
import type { Subscriber } from '../../../services/webhooks/subscriber.js';
import { CommandFailed } from '../../errors.js';
import type { SecretSource, SubscriberConfiguration } from '../../configuration/configuration.js';
import { readSecret } from '../../configuration/secret.js';
import type { Environment } from '../surroundings.js';
import {
  sourceOf,
  supervised,
  supervisionOf,
  type RunningService,
  type ServiceContext,
} from './running-service.js';

function keyOf(name: string, source: SecretSource, environment: Environment): Buffer {
  try {
    return webhookSecret(readSecret(source, environment));
  } catch (error) {
    if (!(error instanceof WebhookSecretInvalid)) throw error;
    const where = source.kind === 'file' ? source.path : `environment variable ${source.variable}`;
    throw new CommandFailed(
      'ConfigurationInvalid',
      `the secret of webhook ${name} (${where}) can't be used`,
      error.message,
    );
  }
}

/** A subscriber with its secrets, which are read now. Throws SecretMissing or CommandFailed. */
function subscriberOf(given: SubscriberConfiguration, environment: Environment): Subscriber {
  const { name, filter, from, concurrency, retryForMs, secret, previousSecret } = given;
  const previous = previousSecret === undefined ? [] : [keyOf(name, previousSecret, environment)];
  return {
    ...{ name, filter, from, concurrency, retryForMs },
    secrets: [keyOf(name, secret, environment), ...previous],
  };
}

export function startWebhooks(context: ServiceContext): RunningService {
  const { configuration, surroundings } = context;
  const supervision = supervisionOf(context, 'webhooks');
  const subscribers = configuration.webhooks.map((given) => ({
    labelSelector: given.labelSelector,
    subscriber: subscriberOf(given, surroundings.environment),
    endpoint: openEventEndpoint({
      url: given.url,
      timeoutMs: given.requestTimeoutMs,
      connections: given.concurrency,
    }),
  }));
  const running = run(context, subscribers, supervision);
  const ended = running.finally(() => Promise.all(subscribers.map(({ endpoint }) => endpoint.close())));
  return supervised('webhooks', ended, supervision);
}

type Addressed = WebhooksOptions['subscribers'][number] & {
  readonly labelSelector: string | undefined;
};

async function run(
  context: ServiceContext,
  addressed: readonly Addressed[],
  supervision: Supervision,
): Promise<void> {
  const { connections, metrics, labels } = context;
  const subscribers = await Promise.all(
    addressed.map(async ({ subscriber, endpoint, labelSelector }) => {
      if (labelSelector === undefined) return { subscriber, endpoint };
      const selects = await labels.selecting(labelSelector);
      return { subscriber: { ...subscriber, filter: { ...subscriber.filter, selects } }, endpoint };
    }),
  );
  await runWebhooks({
    ...supervision,
    subscribers,
    eventLog: connections.eventLog,
    schemaIds: connections.schemaIds,
    source: sourceOf(context, 'webhooks'),
    book: connections.journal.webhooks,
    journal: { history: connections.journal.history, source: sourceOf(context, 'maintenance') },
    metrics,
    takeOverMs: 2_000,
    lookEveryMs: 1_000,
  });
}
