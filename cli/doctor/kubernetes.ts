import { systemClock, systemRandomness } from '../../adapters/clock/system-clock.js';
import {
  accessFromKubeconfig,
  accessFromServiceAccount,
  type ClusterAccess,
} from '../../adapters/kubernetes/access.js';
import { connectCluster, type ConnectedCluster } from '../../adapters/kubernetes/cluster.js';
import type { KubernetesAnswer } from '../../adapters/ports/kubernetes.js';
import type { ClusterConfiguration } from '../configuration/configuration.js';
import type { DoctorCheck } from '../forms/doctor.js';
import type { Terminal } from '../terminal.js';
import { attempt } from './check.js';

/** A right in the whole cluster; the same as the ClusterRole in deploy/rbac.yaml. */
export interface NeededRight {
  readonly verb: string;
  readonly resource: string;
  readonly subresource?: string;
  /** Not needed in mode observe. */
  readonly writes: boolean;
}

export const neededRights: readonly NeededRight[] = [
  { verb: 'get', resource: 'nodes', writes: false },
  { verb: 'list', resource: 'nodes', writes: false },
  { verb: 'watch', resource: 'nodes', writes: false },
  { verb: 'patch', resource: 'nodes', writes: true },
  { verb: 'get', resource: 'pods', writes: false },
  { verb: 'list', resource: 'pods', writes: false },
  { verb: 'patch', resource: 'pods', writes: true },
  { verb: 'create', resource: 'pods', subresource: 'eviction', writes: true },
  { verb: 'delete', resource: 'pods', writes: true },
];

function valueOf<Value>(answer: KubernetesAnswer<Value>): Value {
  if (answer.kind === 'ok') return answer.value;
  throw new Error('message' in answer ? `${answer.kind}: ${answer.message}` : answer.kind);
}

function accessOf({ access }: ClusterConfiguration, terminal: Terminal): ClusterAccess {
  return access.kind === 'inCluster'
    ? accessFromServiceAccount(terminal.environment)
    : accessFromKubeconfig(access.path, access.context);
}

const mendAccess = 'mend clusters[] in the configuration, or the kubeconfig';
const applyRights = 'apply deploy/rbac.yaml and use its service account';

function checkRight(cluster: ConnectedCluster, where: string, right: NeededRight): Promise<DoctorCheck> {
  const { verb, resource, subresource } = right;
  const name = subresource === undefined ? resource : `${resource}/${subresource}`;
  return attempt(`${where}: may ${verb} ${name}`, applyRights, async () => {
    if (!valueOf(await cluster.mayI(verb, '', resource, subresource))) throw new Error('not allowed');
    return 'allowed';
  });
}

/** Only whether they can be read: writing one would keep somebody off. */
function checkSharedLeases(cluster: ConnectedCluster, where: string): Promise<DoctorCheck> {
  return attempt(
    `${where}: may list leases in medik8s-leases`,
    'apply deploy/medik8s-leases.yaml, or set medik8sLeases: false',
    async () => {
      const held = await cluster.nodeLeases('faultline-doctor').held();
      if (held === undefined) throw new Error('not allowed, or there is no answer');
      return 'allowed';
    },
  );
}

async function checkConnected(
  cluster: ConnectedCluster,
  where: string,
  { mayAct, medik8sLeases }: ClusterConfiguration,
): Promise<readonly DoctorCheck[]> {
  const reached = await attempt(
    `${where}: reach the API server`,
    'check server, certificates and token of the kubeconfig, and that this machine may connect',
    async () => `Kubernetes ${valueOf(await cluster.version())}`,
  );
  if (reached.result !== 'ok') return [reached];
  const rights = neededRights.filter(({ writes }) => mayAct || !writes);
  const allowed = await Promise.all(rights.map((right) => checkRight(cluster, where, right)));
  const leases = await attempt(
    `${where}: may list leases in kube-node-lease`,
    applyRights,
    async () => `${valueOf(await cluster.listNodeLeases()).length} leases`,
  );
  const shared = medik8sLeases && mayAct ? [await checkSharedLeases(cluster, where)] : [];
  return [reached, ...allowed, leases, ...shared];
}

/** API server and rights of one cluster; where all is observed, only the rights to read. */
export async function checkCluster(
  configuration: ClusterConfiguration,
  terminal: Terminal,
  version: string,
): Promise<readonly DoctorCheck[]> {
  const where = `cluster ${configuration.name}`;
  let access: ClusterAccess | undefined;
  const read = await attempt(`${where}: read its kubeconfig`, mendAccess, () => {
    access = accessOf(configuration, terminal);
    return Promise.resolve(access.server);
  });
  if (access === undefined) return [read];
  const cluster = connectCluster({
    cluster: configuration.name,
    access,
    clock: systemClock,
    randomness: systemRandomness,
    version,
  });
  try {
    return [read, ...(await checkConnected(cluster, where, configuration))];
  } finally {
    await cluster.close();
  }
}
