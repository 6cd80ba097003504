import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isolations, requestsOfFaultline } from './audit-log.js';
import { buildFaultline, startFaultline, type FaultlineProcess } from '../../stack/faultline-process.js';
import { clusterSection, patience, startRealCluster, type RealCluster } from './real-cluster.js';
import { Cleanups, startSite } from '../../stack/site.js';
import { writeConfiguration } from './site-configuration.js';

const minutes = (count: number): number => count * 60_000;
const cleanups = new Cleanups();
let cluster: RealCluster;
let faultline: FaultlineProcess;

beforeAll(async () => {
  const [site] = await Promise.all([startSite(cleanups), buildFaultline()]);
  cluster = await startRealCluster(site, 'a', 3);
  const configuration = await writeConfiguration(site, [clusterSection(cluster)]);
  faultline = await startFaultline({ configuration, folder: site.folder });
  cleanups.add(() => faultline.process.stop());
}, minutes(15));

afterAll(() => cleanups.run(), minutes(2));

describe('given the real stack and one faultline process', () => {
  it(
    'when a fault is reported by HTTP, then kubectl shows the node tainted and cordoned, by one PATCH',
    async () => {
      const node = 'node-0001';
      const report = { cluster: 'a', node, type: 'DiskFailure', status: 'firing', source: 'agent' };
      const answer = await fetch(`${faultline.url}/v1/reports`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(report),
      });
      expect(answer.status).toBe(202);

      await expect.poll(() => cluster.value('{.spec.unschedulable}', 'node', node), patience).toBe('true');
      const taints = await cluster.value(
        '{.spec.taints[?(@.key=="faultline.dev/maintenance")].effect}',
        'node',
        node,
      );
      expect(taints).toBe('NoSchedule');
      const requests = await requestsOfFaultline(cluster.kubernetes.auditLog);
      expect(isolations(requests, node)).toHaveLength(1);
      expect(requests.filter(({ code }) => code === 403)).toEqual([]);
    },
    minutes(3),
  );
});
