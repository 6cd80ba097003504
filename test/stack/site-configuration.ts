import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { journalSection, type Site } from '../../stack/site.js';

const operations = ['isolate', 'migrate', 'delete-pods', 'restart-component', 'power', 'reimage'];

/** Writes a `faultline.yaml` for this site, with waits short enough for a test. Resolves with its path. */
export async function writeConfiguration(site: Site, clusters: readonly object[]): Promise<string> {
  const path = join(site.folder, 'faultline.yaml');
  const configuration = {
    installation: { dataFolder: 'data' },
    http: { listen: '127.0.0.1:0' },
    clusters,
    mode: { default: 'active' },
    eventLog: { kind: 'kafka', partitions: 4, brokers: site.kafka.bootstrapServers },
    journal: await journalSection(site),
    schemaRegistry: { kind: 'confluent', url: site.registry.url, register: true },
    detector: { leaseStaleAfter: '40s', leaseCheckEvery: '2s', inventoryRefreshEvery: '2s' },
    sourcesSettleTime: { default: '2s' },
    guard: {
      operations: Object.fromEntries(operations.map((name) => [name, { share: 1, rate: 100, per: '1m' }])),
    },
    drivers: { redfish: { requestTimeout: '5s', observeEvery: '1s', observeDeadline: '1m' } },
    recipe: {
      workloadCheck: '2s',
      verifyInterval: '2s',
      healthyObservations: 2,
      evacuationDeadline: '2m',
      minimumNotice: '5s',
      bootDeadline: '2m',
      verifyDeadline: '2m',
    },
  };
  await writeFile(path, JSON.stringify(configuration, null, 2));
  return path;
}
