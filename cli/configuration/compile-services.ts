import { nodeKey, parseNodeKey, type NodeKey } from '../../domain/identifiers.js';
import { ownOwner } from '../../domain/permit-request.js';
import { checkUrl, requiredSecret, type Compilation } from './compilation.js';
import type { Configuration, WebhookConfiguration } from './configuration.js';
import type { KeyPath } from './problems.js';
import type { ConfigurationFile } from './sections/whole-file.js';

export function compileHttp(context: Compilation, { listen, operators }: ConfigurationFile['http']) {
  const colon = listen.lastIndexOf(':');
  const port = Number(listen.slice(colon + 1));
  if (port > 65_535) context.problem(['http', 'listen'], `port ${port} is higher than 65535`);
  return {
    host: listen.slice(0, colon).replace(/^\[|\]$/g, ''),
    port,
    operators: operators.map(({ subject, tokenFile, tokenFrom }, index) => {
      const path = ['http', 'operators', index];
      // In an incident our own repairs go on, and a rollout does not hold back its owner.
      if (subject === ownOwner)
        context.problem(
          [...path, 'subject'],
          `${ownOwner} is who asks for what Faultline itself does: name them otherwise`,
        );
      const token = context.secret(path, 'token', tokenFile, tokenFrom);
      return { subject, token: requiredSecret(context, path, 'token', token) };
    }),
  };
}

export function compileIntake(
  context: Compilation,
  intake: ConfigurationFile['intake'],
): Configuration['intake'] {
  const nodeKeyAt = (path: KeyPath, text: string): readonly NodeKey[] => {
    const names = parseNodeKey(text);
    if (names === undefined) context.problem(path, `${JSON.stringify(text)} is not <cluster>/<node>`);
    return names === undefined ? [] : [nodeKey(names.cluster, names.node)];
  };
  return {
    ...intake,
    tokens: intake.tokens.map(({ tokenFile, tokenFrom, nodes }, index) => {
      const path = ['intake', 'tokens', index];
      const token = context.secret(path, 'token', tokenFile, tokenFrom);
      const keys = nodes.flatMap((text, position) => nodeKeyAt([...path, 'nodes', position], text));
      return {
        token: requiredSecret(context, path, 'token', token),
        nodes: nodes.length === 0 ? 'all' : keys,
      };
    }),
  };
}

export function compileDetector(context: Compilation, detector: ConfigurationFile['detector']) {
  return {
    conditions: detector.conditions,
    leaseStaleAfterMs: context.duration(['detector', 'leaseStaleAfter'], detector.leaseStaleAfter),
    leaseCheckEveryMs: context.duration(['detector', 'leaseCheckEvery'], detector.leaseCheckEvery),
    inventoryRefreshEveryMs: context.duration(
      ['detector', 'inventoryRefreshEvery'],
      detector.inventoryRefreshEvery,
    ),
  };
}

/** A partner that is spoken to over HTTP; undefined where none is given. */
export function compileWebhook(
  context: Compilation,
  path: KeyPath,
  given: ConfigurationFile['tracing'],
): WebhookConfiguration | undefined {
  if (given === undefined) return undefined;
  checkUrl(context, [...path, 'url'], given.url);
  const token = context.secret(path, 'token', given.tokenFile, given.tokenFrom);
  return {
    url: given.url.replace(/\/+$/, ''),
    requestTimeoutMs: context.duration([...path, 'requestTimeout'], given.requestTimeout),
    ...(token === undefined ? {} : { token }),
  };
}

export function compileDrivers(
  context: Compilation,
  drivers: ConfigurationFile['drivers'],
): Configuration['drivers'] {
  const tickets = compileWebhook(context, ['drivers', 'tickets'], drivers.tickets);
  const actions = compileWebhook(context, ['drivers', 'actions'], drivers.actions);
  const redfish = (name: 'requestTimeout' | 'observeEvery' | 'observeDeadline') =>
    context.duration(['drivers', 'redfish', name], drivers.redfish[name]);
  return {
    redfish: {
      requestTimeoutMs: redfish('requestTimeout'),
      observeEveryMs: redfish('observeEvery'),
      observeDeadlineMs: redfish('observeDeadline'),
    },
    ...(tickets === undefined ? {} : { tickets }),
    ...(actions === undefined ? {} : { actions }),
  };
}
