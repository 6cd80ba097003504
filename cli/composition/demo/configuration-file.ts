import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { stringify } from 'yaml';

import { machineImage, type DemoWorld } from './world.js';

/**
 * Writes the demo's `faultline.yaml`: an ordinary configuration that names the simulated cluster, BMCs, tickets and
 * actions. What is longer here than by default only spares the jumping clock from looking often at what is well.
 */
export function writeDemoConfiguration(
  world: DemoWorld,
  options: { readonly folder: string; readonly port: number },
): string {
  const { folder, port } = options;
  mkdirSync(folder, { recursive: true });
  const kubeconfig = join(folder, 'kubeconfig.yaml');
  writeFileSync(kubeconfig, stringify(kubeconfigOf(world)), { mode: 0o600 });
  const path = join(folder, 'faultline.yaml');
  writeFileSync(path, stringify(configurationOf(world, { kubeconfig, port })));
  return path;
}

function kubeconfigOf({ api }: DemoWorld): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'demo', cluster: { server: api.baseUrl } }],
    users: [{ name: 'demo', user: { token: api.token } }],
    contexts: [{ name: 'demo', context: { cluster: 'demo', user: 'demo' } }],
    'current-context': 'demo',
  };
}

function configurationOf(
  world: DemoWorld,
  { kubeconfig, port }: { readonly kubeconfig: string; readonly port: number },
): object {
  const wide = { share: 0.1, rate: 60, per: '1m' };
  return {
    installation: { dataFolder: 'data', upkeepEvery: '7d' },
    // The folder is thrown away with the demo.
    journal: { durability: 'fast' },
    http: { listen: `127.0.0.1:${port}` },
    clusters: [
      {
        name: world.cluster,
        kubeconfig,
        mode: 'active',
        poolLabel: 'faultline.dev/pool',
        zoneLabel: 'topology.kubernetes.io/zone',
        bmc: { url: world.bmcs.baseUrl, systemPath: '/redfish/v1/Systems/{node}' },
      },
    ],
    mode: { default: 'active' },
    eventLog: { kind: 'embedded', partitions: 4 },
    detector: { leaseCheckEvery: '3650d', leaseStaleAfter: '3650d', inventoryRefreshEvery: '7d' },
    guard: {
      inventoryMaximumAge: '15d',
      operations: {
        isolate: wide,
        migrate: wide,
        'delete-pods': wide,
        'restart-component': wide,
        power: wide,
        reimage: wide,
      },
    },
    drivers: {
      tickets: { url: world.webhook.baseUrl },
      actions: { url: world.webhook.baseUrl },
    },
    recipe: {
      image: machineImage,
      evacuationDeadline: '30m',
      whenOverdue: 'delete',
      workloadCheck: '1m',
      verifyInterval: '5m',
      verifyDeadline: '1h',
      repairCheck: '1d',
      stageMaximumAge: '3d',
      repairBy: 'power-off-and-ticket',
    },
  };
}
