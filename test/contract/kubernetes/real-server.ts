import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKubernetes, type KubernetesStack } from '../../../stack/kubernetes.js';
import { at, text } from './contract-case.js';
import type { RunningServer } from './running-server.js';

/**
 * A real API server with etcd and the controller manager (it keeps the status of budgets, and the taints). Without a
 * scheduler and kubelets, which would move the cases' pods.
 */
export async function startReal(): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-contract-'));
  const removeFolder = (): Promise<void> => rm(folder, { recursive: true, force: true });
  let cluster: KubernetesStack;
  try {
    cluster = await startKubernetes({
      name: 'contract',
      folder: join(folder, 'cluster'),
      scheduler: false,
      kwok: false,
      // Nobody renews leases for the cases' nodes: they must outlive their case.
      nodeMonitorGraceSeconds: 600,
    });
  } catch (problem) {
    await removeFolder();
    throw problem;
  }
  const configuration: unknown = JSON.parse(await readFile(cluster.kubeconfig, 'utf8'));
  const authority = text(configuration, 'clusters', '0', 'cluster', 'certificate-authority-data');
  return {
    access: {
      baseUrl: cluster.server,
      token: text(configuration, 'users', '0', 'user', 'token'),
      ca: Buffer.from(authority, 'base64').toString(),
    },
    forgetHistory: async () => compact(await etcdUrl(cluster)),
    stop: async () => {
      await cluster.stop();
      await removeFolder();
    },
  };
}

/** From how etcd was started: the stack does not tell it. */
async function etcdUrl(cluster: KubernetesStack): Promise<string> {
  const etcd = cluster.processes.find((process) => process.name.endsWith('/etcd'));
  const args = (await readFile(`/proc/${etcd?.pid ?? 0}/cmdline`, 'utf8')).split('\0');
  const url = args[args.indexOf('--listen-client-urls') + 1];
  if (url === undefined)
    throw new Error('etcd was started without --listen-client-urls; see stack/kubernetes.ts');
  return url;
}

/** Through etcd's JSON gateway: compacts all history up to now. */
async function compact(etcd: string): Promise<void> {
  const ask = async (path: string, body: object): Promise<unknown> => {
    const response = await fetch(etcd + path, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`etcd refused ${path}: ${await response.text()}`);
    return response.json();
  };
  const revision = at(await ask('/v3/maintenance/status', {}), 'header', 'revision');
  await ask('/v3/kv/compaction', { revision, physical: true });
}
