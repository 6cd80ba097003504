import { Agent, request } from 'undici';

import type {
  ClusterConfiguration,
  Configuration,
  Credentials,
  SecretSource,
} from '../configuration/configuration.js';
import { registryAccess } from '../composition/registry-access.js';
import { readSecret } from '../configuration/secret.js';
import type { TlsMaterial } from '../configuration/tls-files.js';
import type { DoctorCheck } from '../forms/doctor.js';
import type { Terminal } from '../terminal.js';
import { attempt, skipped } from './check.js';
import { diagnosing } from './connection-trouble.js';

interface Target {
  readonly url: string;
  readonly authorization?: string;
  readonly tls?: TlsMaterial;
  readonly skipTlsVerify?: boolean;
  /** Statuses that are a good answer, besides 2xx. */
  readonly alsoGood?: readonly number[];
}

const timeoutMs = 5000;

/** Only ever GET: a doctor changes nothing. */
async function ask({ url, authorization, tls, skipTlsVerify, alsoGood = [] }: Target): Promise<string> {
  const dispatcher = new Agent({
    connect: { ...tls, rejectUnauthorized: skipTlsVerify !== true, timeout: timeoutMs },
  });
  try {
    const { statusCode, body } = await request(url, {
      dispatcher,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      headers: authorization === undefined ? {} : { authorization },
    });
    await body.dump();
    const good = (statusCode >= 200 && statusCode < 300) || alsoGood.includes(statusCode);
    if (!good) throw new Error(`answered ${statusCode}`);
    return `answered ${statusCode}`;
  } finally {
    await dispatcher.destroy();
  }
}

function basic(credentials: Credentials, terminal: Terminal): string {
  const password = readSecret(credentials.password, terminal.environment);
  return `Basic ${Buffer.from(`${credentials.username}:${password}`).toString('base64')}`;
}

/** The schema registry; nothing when schema ids are bundled. */
export async function checkRegistry(
  { schemaRegistry }: Configuration,
  terminal: Terminal,
): Promise<readonly DoctorCheck[]> {
  if (schemaRegistry.kind === 'bundled') return [];
  const { url } = schemaRegistry;
  const check = await attempt(
    `schema registry at ${url}`,
    'check schemaRegistry.url (with the path of its Confluent API), and its user or token',
    () =>
      diagnosing('schemaRegistry', () => {
        const { authorization, tls } = registryAccess(schemaRegistry, terminal.environment);
        return ask({
          url: `${url}/subjects`,
          ...(authorization === undefined ? {} : { authorization: authorization() }),
          ...(tls === undefined ? {} : { tls }),
        });
      }),
  );
  return [check];
}

async function checkWebhook(
  name: 'tickets' | 'actions',
  { drivers }: Configuration,
  terminal: Terminal,
): Promise<DoctorCheck> {
  const webhook = drivers[name];
  const consequence =
    name === 'tickets' ? 'hardware repairs ask a person' : 'restarts and reinstalls ask a person';
  if (webhook === undefined) {
    return skipped(
      `${name} webhook`,
      `not configured: ${consequence}`,
      `add drivers.${name} if there is one`,
    );
  }
  const bearer = (token: SecretSource) => ({
    authorization: `Bearer ${readSecret(token, terminal.environment)}`,
  });
  return attempt(
    `${name} webhook at ${webhook.url}`,
    `check drivers.${name}.url and its token: GET /${name}/ID must answer 200 or, for an unknown one, 404`,
    () =>
      ask({
        url: `${webhook.url}/${name}/doctor`,
        alsoGood: [404],
        ...(webhook.token === undefined ? {} : bearer(webhook.token)),
      }),
  );
}

/** Tickets and actions. */
export function checkWebhooks(
  configuration: Configuration,
  terminal: Terminal,
): Promise<readonly DoctorCheck[]> {
  return Promise.all([
    checkWebhook('tickets', configuration, terminal),
    checkWebhook('actions', configuration, terminal),
  ]);
}

/** The BMCs that can be known without asking the cluster: a common one, and the nodes named one by one. */
export function checkBmcs(
  cluster: ClusterConfiguration,
  terminal: Terminal,
): Promise<readonly DoctorCheck[]> {
  const { bmc, name } = cluster;
  if (bmc === undefined) return Promise.resolve([]);
  const named = Object.entries(bmc.nodes).map(([node, own]) => {
    const fill = (text: string) => text.replaceAll('{node}', node);
    return { node, url: `${fill(own.url ?? bmc.url)}${fill(own.systemPath ?? bmc.systemPath)}` };
  });
  const shared = bmc.url.includes('{node}') ? [] : [{ node: 'all nodes', url: `${bmc.url}/redfish/v1/` }];
  const targets = [...shared, ...named];
  if (targets.length === 0) {
    const next = 'name one under bmc.nodes to have it tried here';
    return Promise.resolve([skipped(`cluster ${name}: BMCs`, 'every node has an address of its own', next)]);
  }
  return Promise.all(
    targets.map(({ node, url }) =>
      attempt(
        `cluster ${name}: BMC of ${node} at ${url}`,
        'check url, systemPath, user and password of bmc',
        () =>
          ask({
            url,
            skipTlsVerify: bmc.skipTlsVerify,
            ...(bmc.credentials === undefined ? {} : { authorization: basic(bmc.credentials, terminal) }),
          }),
      ),
    ),
  );
}
