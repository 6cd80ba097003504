import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { journalSection, type Place, type Site } from '../../stack/site.js';

const operations = ['isolate', 'migrate', 'delete-pods', 'restart-component', 'power', 'reimage'];

/** Keeps everything in the site's Kafka and PostgreSQL. */
async function storesOf(site: Site): Promise<object> {
  return {
    eventLog: { kind: 'kafka', partitions: 4, brokers: site.kafka.bootstrapServers },
    journal: await journalSection(site),
    schemaRegistry: { kind: 'confluent', url: site.registry.url, register: true },
  };
}

/**
 * Writes a `faultline.yaml` with waits short enough for a test: for a site's stores, or for the embedded ones where
 * there is none. `sections` take the place of those that are written otherwise. Resolves with its path.
 */
export async function writeConfiguration(
  place: Place | Site,
  clusters: readonly object[],
  sections: object = {},
): Promise<string> {
  const path = join(place.folder, 'faultline.yaml');
  const configuration = {
    ...('kafka' in place ? await storesOf(place) : {}),
    installation: { dataFolder: 'data' },
    http: { listen: '127.0.0.1:0' },
    clusters,
    mode: { default: 'active' },
    detector: { leaseStaleAfter: '40s', leaseCheckEvery: '2s', inventoryRefreshEvery: '2s' },
    sourcesSettleTime: { default: '2s' },
    guard: {
      breakers: [],
      operations: Object.fromEntries(operations.map((name) => [name, { share: 1, rate: 100, per: '1m' }])),
    },
    drivers: { redfish: { requestTimeout: '5s', observeEvery: '1s', observeDeadline: '1m' } },
    recipe: {
      workloadCheck: '2s',
      verifyInterval: '2s',
      healthyObservations: 2,
      evacuationDeadline: '15s',
      minimumNotice: '5s',
      whenOverdue: 'delete',
      bootDeadline: '2m',
      verifyDeadline: '2m',
    },
    ...sections,
  };
  await writeFile(path, JSON.stringify(configuration, null, 2));
  return path;
}
