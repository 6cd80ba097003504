import type { BmcAddress, BmcDirectory } from '../../adapters/redfish/bmc-directory.js';
import {
  createRedfishPowerController,
  type RedfishPowerController,
} from '../../adapters/redfish/power-controller.js';
import {
  createWebhookMachineActions,
  type WebhookMachineActions,
} from '../../adapters/webhook/machine-actions.js';
import { createWebhookTicketSystem, type WebhookTicketSystem } from '../../adapters/webhook/ticket-system.js';
import type {
  BmcConfiguration,
  Configuration,
  WebhookConfiguration,
} from '../configuration/configuration.js';
import { readSecret } from '../configuration/secret.js';
import type { Environment } from './surroundings.js';

/** What acts on machines and asks people; each only where the configuration names it. */
export interface Drivers {
  readonly power: RedfishPowerController | undefined;
  readonly tickets: WebhookTicketSystem | undefined;
  readonly actions: WebhookMachineActions | undefined;
}

function addressOf(
  bmc: BmcConfiguration,
  environment: Environment,
  own: { url?: string; systemPath?: string } = {},
): BmcAddress {
  return {
    baseUrl: (own.url ?? bmc.url).replace(/\/+$/, ''),
    systemPath: own.systemPath ?? bmc.systemPath,
    ...(bmc.credentials === undefined
      ? {}
      : { username: bmc.credentials.username, password: readSecret(bmc.credentials.password, environment) }),
  };
}

/** BMCs of all clusters; the template of a cluster holds for its own nodes only. */
function openPower(
  configuration: Configuration,
  environment: Environment,
): RedfishPowerController | undefined {
  const withBmc = configuration.clusters.filter((cluster) => cluster.bmc !== undefined);
  if (withBmc.length === 0) return undefined;
  const byNode: Record<string, BmcAddress> = {};
  const byCluster: Record<string, BmcAddress> = {};
  for (const { name, bmc } of withBmc) {
    if (bmc === undefined) continue;
    byCluster[name] = addressOf(bmc, environment);
    for (const [node, own] of Object.entries(bmc.nodes))
      byNode[`${name}/${node}`] = addressOf(bmc, environment, own);
  }
  const directory: BmcDirectory = { byNode, byCluster };
  return createRedfishPowerController({
    directory,
    timeoutMs: configuration.drivers.redfish.requestTimeoutMs,
    skipTlsVerify: withBmc.some((cluster) => cluster.bmc?.skipTlsVerify === true),
  });
}

function webhookOptions(webhook: WebhookConfiguration, environment: Environment) {
  return {
    baseUrl: webhook.url.replace(/\/+$/, ''),
    timeoutMs: webhook.requestTimeoutMs,
    ...(webhook.token === undefined ? {} : { token: readSecret(webhook.token, environment) }),
  };
}

/** Connects to none of them: each is tried at its first use. */
export function openDrivers(configuration: Configuration, environment: Environment): Drivers {
  const { tickets, actions } = configuration.drivers;
  return {
    power: openPower(configuration, environment),
    tickets:
      tickets === undefined ? undefined : createWebhookTicketSystem(webhookOptions(tickets, environment)),
    actions:
      actions === undefined ? undefined : createWebhookMachineActions(webhookOptions(actions, environment)),
  };
}
