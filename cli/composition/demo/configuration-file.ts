import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { stringify } from 'yaml';

import type { StackEndpoints } from './stack-endpoints.js';
import { machineImage, type DemoWorld } from './world.js';

/**
 * Writes the demo's `faultline.yaml`: an ordinary configuration that names the cluster, BMCs, tickets and actions of its
 * data centre.
 */
export function writeDemoConfiguration(
  world: DemoWorld,
  options: {
    readonly folder: string;
    readonly port: number;
    /** Undefined: everything is embedded. */
    readonly stack: StackEndpoints | undefined;
  },
): string {
  const { folder, port, stack } = options;
  mkdirSync(folder, { recursive: true });
  const parts = stack === undefined ? embeddedParts : stackParts(stack, folder);
  const path = join(folder, 'faultline.yaml');
  const kubeconfig = kubeconfigIn(folder, world);
  writeFileSync(path, stringify({ ...configurationOf(world, { kubeconfig, port }), ...parts }));
  return path;
}

function kubeconfigIn(folder: string, { kubeconfig }: DemoWorld): string {
  if (typeof kubeconfig === 'string') return kubeconfig;
  const path = join(folder, 'kubeconfig.yaml');
  writeFileSync(path, stringify(kubeconfig), { mode: 0o600 });
  return path;
}

const wide = { share: 0.1, rate: 60, per: '1m' };

/**
 * How Faultline is configured where it handles a record, whatever data centre that is played on. What is longer here than by
 * default only spares a clock that jumps from looking often at what is well.
 */
export const recordBehaviour = {
  installation: { dataFolder: 'data', upkeepEvery: '7d' },
  mode: { default: 'active' },
  detector: { leaseCheckEvery: '3650d', leaseStaleAfter: '3650d', inventoryRefreshEvery: '7d' },
  guard: {
    inventoryMaximumAge: '15d',
    // Time jumps from one thing to the next: it would stop at each look.
    lookEvery: '1d',
    breakers: [],
    operations: {
      isolate: wide,
      migrate: wide,
      'delete-pods': wide,
      'restart-component': wide,
      power: wide,
      reimage: wide,
    },
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

const partitions = 4;

const embeddedParts = {
  eventLog: { kind: 'embedded', partitions },
  // The folder is thrown away with the demo.
  journal: { durability: 'fast' },
};

function stackParts({ kafka, schemaRegistry, postgres }: StackEndpoints, folder: string): object {
  const connection = new URL(postgres.connectionString);
  const passwordFile = join(folder, 'postgres.password');
  // A password may stand in no configuration.
  writeFileSync(passwordFile, decodeURIComponent(connection.password), { mode: 0o600 });
  connection.password = '';
  return {
    eventLog: { kind: 'kafka', partitions, brokers: kafka.bootstrapServers },
    journal: { kind: 'postgres', connection: connection.href, passwordFile },
    schemaRegistry: { kind: 'confluent', url: schemaRegistry.url, register: true },
  };
}

function configurationOf(
  world: DemoWorld,
  { kubeconfig, port }: { readonly kubeconfig: string; readonly port: number },
): object {
  return {
    ...recordBehaviour,
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
    drivers: {
      tickets: { url: world.webhook.baseUrl },
      actions: { url: world.webhook.baseUrl },
    },
  };
}
