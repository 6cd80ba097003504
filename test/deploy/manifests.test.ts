import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock, systemRandomness } from '../../adapters/clock/system-clock.js';
import { accessFromKubeconfig } from '../../adapters/kubernetes/access.js';
import { connectCluster, type ConnectedCluster } from '../../adapters/kubernetes/cluster.js';
import type { NodeLeases } from '../../adapters/ports/node-lease.js';
import { runCommand } from '../../cli/commands/run.js';
import { serviceNames } from '../../cli/composition/service-names.js';
import { loadConfiguration } from '../../cli/configuration/load.js';
import { processTerminal } from '../../cli/terminal.js';
import type { NodeName } from '../../domain/identifiers.js';
import { startKubernetes, type KubernetesStack } from '../../stack/kubernetes.js';
import { nodeLeasesSuite } from '../contract/node-leases/suite.js';
import { repository, yamlFile, yamlParts, type Part } from './repository-files.js';
import { accessReview, describeRight, rightsGranted, type Right } from './rights.js';

const deploy = join(repository, 'deploy');
const minute = 60_000;
let folder = '';
let kubernetes: KubernetesStack | undefined;
let rendered: readonly Part[] = [];

function cluster(): KubernetesStack {
  if (kubernetes === undefined) throw new Error('Kubernetes has not started');
  return kubernetes;
}

/** kubectl with what it is given on stdin; rejects with all that it printed. */
function kubectl(
  args: readonly string[],
  { input = '', identity = 'admin' } = {},
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const running = promisify(execFile)(cluster().kubectlProgram, [...args], {
    env: { ...process.env, KUBECONFIG: cluster().kubeconfigOf(identity) },
    maxBuffer: 64 * 1024 * 1024,
  });
  running.child.stdin?.end(input);
  return running;
}

function ofKind(kind: string): readonly Part[] {
  return rendered.filter((manifest) => manifest.at('kind').text() === kind);
}

function nameOf(manifest: Part): string {
  return manifest.at('metadata', 'name').text();
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-deploy-'));
  kubernetes = await startKubernetes({ name: 'deploy', folder, scheduler: false, kwok: false });
  rendered = yamlParts((await kubectl(['kustomize', deploy])).stdout, 'deploy');
  // What is tried only cannot be put into a namespace that was tried only.
  const [namespace] = ofKind('Namespace');
  await kubectl(['apply', '-f', '-'], { input: JSON.stringify(namespace?.value) });
}, 15 * minute);

afterAll(async () => {
  await kubernetes?.stop();
  await rm(folder, { recursive: true, force: true });
}, minute);

describe('kubectl apply -k deploy', () => {
  it(
    'is accepted by the API server without an error or a warning',
    async () => {
      const { stdout, stderr } = await kubectl(['apply', '-k', deploy, '--dry-run=server']);
      expect(stderr).toBe('');
      const lines = stdout.trim().split('\n');
      expect(lines).toHaveLength(rendered.length);
      for (const line of lines) expect(line).toMatch(/ (created|configured|unchanged) \(server dry run\)$/);
    },
    minute,
  );

  it(
    'hands a refusal on, so that the dry run proves something',
    async () => {
      const [deployment] = ofKind('Deployment');
      const broken = JSON.stringify(deployment?.value).replace('"replicas":2', '"replicas":-2');
      await expect(kubectl(['apply', '--dry-run=server', '-f', '-'], { input: broken })).rejects.toThrow(
        /replicas/,
      );
    },
    minute,
  );
});

describe('the deployments', () => {
  it('run every service that Faultline has, each in one of them, in two copies', () => {
    const started = ofKind('Deployment').flatMap((deployment) => {
      const args = deployment.at('spec', 'template', 'spec', 'containers', '0', 'args').texts();
      const [command, ...options] = args;
      expect(command).toBe('run');
      const { operands, unknown } = runCommand(processTerminal()).parseOptions([...options]);
      expect({ operands, unknown }).toEqual({ operands: [], unknown: [] });
      expect(deployment.at('spec', 'replicas').text()).toBe('2');
      return (options[options.indexOf('--only') + 1] ?? '').split(',');
    });
    expect(started.toSorted()).toEqual([...serviceNames].toSorted());
  });

  it('listen and are asked where the configuration says, and read it from where it is mounted', async () => {
    const configuration = loadConfiguration(join(deploy, 'faultline.yaml'));
    expect(configuration.http.host).toBe('0.0.0.0');
    const source = await readFile(join(deploy, 'faultline.yaml'), 'utf8');
    for (const deployment of ofKind('Deployment')) {
      const container = deployment.at('spec', 'template', 'spec', 'containers', '0');
      expect(container.at('ports', '0', 'containerPort').value).toBe(configuration.http.port);
      expect(container.at('livenessProbe', 'httpGet', 'path').text()).toBe('/livez');
      expect(container.at('readinessProbe', 'httpGet', 'path').text()).toBe('/readyz');
      const mounted = container.each('volumeMounts').map(([, mount]) => mount.at('mountPath').text());
      const named = [...source.matchAll(/File: (\/[^/\s]+\/[^/\s]+)\//g)].map(([, path]) => path);
      expect(mounted).toEqual(expect.arrayContaining([...named, '/etc/faultline']));
    }
    const [service] = ofKind('Service');
    expect(service?.at('spec', 'ports', '0', 'port').value).toBe(configuration.http.port);
  });

  it('are each covered by a disruption budget that leaves a copy', () => {
    const budgets = ofKind('PodDisruptionBudget');
    expect(budgets.map(nameOf).toSorted()).toEqual(ofKind('Deployment').map(nameOf).toSorted());
    for (const deployment of ofKind('Deployment')) {
      const budget = budgets.find((one) => nameOf(one) === nameOf(deployment));
      expect(budget?.at('spec', 'selector').value).toEqual(deployment.at('spec', 'selector').value);
    }
  });
});

describe('deploy/faultline.yaml', () => {
  it('observes the cluster that it runs in, until somebody says otherwise', () => {
    const { clusters } = loadConfiguration(join(deploy, 'faultline.yaml'));
    expect(clusters.map(({ mode, access }) => [mode, access.kind])).toEqual([['observe', 'inCluster']]);
  });
});

/** What a fault manager must never be able to do, and what nobody asked for. */
const refused: readonly Right[] = [
  { verb: 'delete', group: '', resource: 'nodes' },
  { verb: 'create', group: '', resource: 'nodes' },
  { verb: 'update', group: '', resource: 'nodes' },
  { verb: 'patch', group: '', resource: 'nodes', subresource: 'status' },
  { verb: 'create', group: '', resource: 'pods' },
  { verb: 'create', group: '', resource: 'pods', subresource: 'exec' },
  { verb: 'deletecollection', group: '', resource: 'pods' },
  { verb: 'get', group: '', resource: 'secrets' },
  { verb: 'list', group: '', resource: 'secrets' },
  { verb: 'get', group: '', resource: 'secrets', namespace: 'faultline' },
  { verb: 'create', group: '', resource: 'serviceaccounts', subresource: 'token', namespace: 'faultline' },
  { verb: 'patch', group: 'apps', resource: 'deployments' },
  { verb: 'update', group: 'coordination.k8s.io', resource: 'leases', namespace: 'kube-node-lease' },
  { verb: 'list', group: 'coordination.k8s.io', resource: 'leases', namespace: 'default' },
  { verb: 'create', group: '', resource: 'events', namespace: 'kube-system' },
  { verb: 'create', group: 'rbac.authorization.k8s.io', resource: 'clusterrolebindings' },
  { verb: 'impersonate', group: '', resource: 'users' },
];

describe('the service account', () => {
  beforeAll(async () => {
    await kubectl(['apply', '-f', join(deploy, 'rbac.yaml')]);
  }, minute);

  /** Which of these rights it has, asked as the account itself; unvalidated, since it may not read the schemas. */
  async function mayDo(rights: readonly Right[]): Promise<readonly string[]> {
    const input = rights.map((right) => JSON.stringify(accessReview(right))).join('\n---\n');
    const { stdout } = await kubectl(['create', '--validate=false', '-f', '-', '-o', 'yaml'], {
      input,
      identity: 'faultline',
    });
    const answers = yamlParts(stdout, 'answer');
    expect(answers).toHaveLength(rights.length);
    return rights
      .filter((_right, index) => answers[index]?.at('status', 'allowed').value === true)
      .map(describeRight);
  }

  it(
    'has every right that rbac.yaml lists',
    async () => {
      const granted = rightsGranted(yamlFile('deploy/rbac.yaml'));
      expect(granted.length).toBeGreaterThan(5);
      await expect.poll(() => mayDo(granted), { timeout: 20_000 }).toEqual(granted.map(describeRight));
    },
    minute,
  );

  it(
    'has none beyond',
    async () => {
      expect(await mayDo(refused)).toEqual([]);
    },
    minute,
  );

  it('is the account that its pods run as, its bindings name and the API server serves apart', () => {
    for (const deployment of ofKind('Deployment'))
      expect(deployment.at('spec', 'template', 'spec', 'serviceAccountName').text()).toBe('faultline');
    const subjects = [...ofKind('RoleBinding'), ...ofKind('ClusterRoleBinding')].flatMap((binding) =>
      binding.each('subjects').map(([, subject]) => subject.value),
    );
    expect(new Set(subjects.map((subject) => JSON.stringify(subject))).size).toBe(1);
    const [schema] = ofKind('FlowSchema');
    expect(schema?.at('spec', 'rules', '0', 'subjects', '0', 'serviceAccount').value).toEqual({
      name: 'faultline',
      namespace: 'faultline',
    });
  });
});

describe('deploy/medik8s-leases.yaml gives exactly the rights by which', () => {
  const opened: ConnectedCluster[] = [];

  function leasesOf(holder: string, laterMs = 0): NodeLeases {
    const connected = connectCluster({
      ...{ cluster: 'a', access: accessFromKubeconfig(cluster().kubeconfigOf('faultline'), undefined) },
      clock: { ...systemClock, now: () => Date.now() + laterMs },
      ...{ randomness: systemRandomness, version: 'test' },
    });
    opened.push(connected);
    return connected.nodeLeases(holder);
  }

  beforeAll(async () => {
    await kubectl(['apply', '-f', join(deploy, 'rbac.yaml')]);
    await kubectl(['create', 'namespace', 'medik8s-leases']);
    await kubectl(['apply', '-f', join(deploy, 'medik8s-leases.yaml')]);
    const leases = leasesOf('one');
    const mayLook = async (): Promise<void> => {
      expect(await leases.look('n1' as NodeName)).toEqual({ kind: 'free' });
    };
    await vi.waitFor(mayLook, { timeout: 20_000, interval: 200 });
  }, minute);
  afterAll(() => Promise.all(opened.map((connected) => connected.close())));

  nodeLeasesSuite(
    () => ({
      leases: leasesOf,
      write: async (node, spec) => {
        const metadata = { name: `node-${node}`, namespace: 'medik8s-leases' };
        const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
        await kubectl(['create', '-f', '-'], { input: JSON.stringify(lease) });
      },
    }),
    minute,
  );
});
