import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startKubernetes, type KubernetesStack } from '../../stack/kubernetes.js';
import { repository } from './repository-files.js';

const minute = 60_000;
let folder = '';
let kubernetes: KubernetesStack | undefined;

/** kubectl as an identity; rejects with all that it printed. */
async function kubectl(identity: string, ...args: readonly string[]): Promise<string> {
  if (kubernetes === undefined) throw new Error('Kubernetes has not started');
  const environment = { ...process.env, KUBECONFIG: kubernetes.kubeconfigOf(identity) };
  return (await promisify(execFile)(kubernetes.kubectlProgram, [...args], { env: environment })).stdout;
}

const annotate = (identity: string, value: string, node = 'n1'): Promise<string> =>
  kubectl(identity, 'annotate', 'node', node, '--overwrite', value);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-policy-'));
  kubernetes = await startKubernetes({
    ...{ name: 'policy', folder, controllerManager: false, scheduler: false, kwok: false },
  });
  await kubectl('admin', 'create', 'namespace', 'faultline');
  await kubectl('admin', 'apply', '-f', join(repository, 'deploy/rbac.yaml'));
  await kubectl('admin', 'create', '-f', join(repository, 'test/deploy/nodes.yaml'));
  await kubectl('admin', 'apply', '-f', join(repository, 'deploy/delete-node-policy.yaml'));
  // A policy holds a moment after it was written; what is there already may stay, so each try is another one.
  let tries = 0;
  const forge = (): Promise<string> => annotate('admin', `faultline.dev/permit=forged-${(tries += 1)}`, 'n2');
  await vi.waitFor(() => expect(forge()).rejects.toThrow(/only Faultline writes/), {
    ...{ timeout: minute, interval: 500 },
  });
}, 15 * minute);

afterAll(async () => {
  await kubernetes?.stop();
  await rm(folder, { recursive: true, force: true });
}, minute);

it(
  'given the policy, then a node is deleted only with a permit, which only Faultline writes',
  async () => {
    // given
    const erase = (): Promise<string> => kubectl('admin', 'delete', 'node', 'n1', '--wait=false');
    // then
    await expect(erase()).rejects.toThrow(/n1 has no permit to be deleted: ask Faultline for leave first/);
    await annotate('admin', 'example.com/other=1');
    // when
    await annotate('faultline', 'faultline.dev/permit=c-1');
    await annotate('admin', 'example.com/other=2');
    await expect(annotate('admin', 'faultline.dev/permit=c-2')).rejects.toThrow(/only Faultline writes/);
    // then
    expect(await erase()).toContain('deleted');
  },
  minute,
);
