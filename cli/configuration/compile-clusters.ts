import { isClusterName, type ClusterName } from '../../domain/identifiers.js';
import { mayActIn } from '../../workflows/policy.js';
import { checkUrl, requiredSecret, type Compilation } from './compilation.js';
import type { BmcConfiguration, ClusterConfiguration, Credentials } from './configuration.js';
import type { KeyPath } from './problems.js';
import { compileMode } from './compile-policy.js';
import type { ConfigurationFile } from './sections/whole-file.js';

type ClusterSection = ConfigurationFile['clusters'][number];
type BmcSection = NonNullable<ClusterSection['bmc']>;

/** User and password; a user without a password is a problem. */
export function compileCredentials(
  context: Compilation,
  path: KeyPath,
  given: {
    readonly username?: string;
    readonly passwordFile?: string;
    readonly passwordFrom?: { readonly env: string };
  },
): Credentials | undefined {
  const { username, passwordFile, passwordFrom } = given;
  const password = context.secret(path, 'password', passwordFile, passwordFrom);
  if (username === undefined) {
    if (password !== undefined) context.problem(path, 'has a password but no username: add it');
    return undefined;
  }
  return { username, password: requiredSecret(context, path, 'password', password) };
}

function compileAccess(
  context: Compilation,
  path: KeyPath,
  cluster: ClusterSection,
): ClusterConfiguration['access'] {
  const { kubeconfig, context: kubeconfigContext, inCluster } = cluster;
  if (inCluster === (kubeconfig !== undefined)) {
    context.problem(path, 'give either kubeconfig or inCluster: true, so that its API server is known');
  }
  if (inCluster || kubeconfig === undefined) return { kind: 'inCluster' };
  return {
    kind: 'kubeconfig',
    path: context.path(kubeconfig),
    ...(kubeconfigContext === undefined ? {} : { context: kubeconfigContext }),
  };
}

function compileBmc(context: Compilation, path: KeyPath, bmc: BmcSection): BmcConfiguration {
  checkUrl(context, [...path, 'url'], bmc.url.replaceAll('{node}', 'node'));
  for (const [node, { url }] of Object.entries(bmc.nodes)) {
    if (url !== undefined) checkUrl(context, [...path, 'nodes', node, 'url'], url);
  }
  const credentials = compileCredentials(context, path, bmc);
  const { url, systemPath, skipTlsVerify, nodes } = bmc;
  return {
    url: url.replace(/\/+$/, ''),
    systemPath,
    skipTlsVerify,
    nodes,
    ...(credentials === undefined ? {} : { credentials }),
  };
}

function clusterName(context: Compilation, path: KeyPath, name: string): ClusterName {
  // The form was checked already; this narrows the type, and holds should the two patterns ever differ.
  if (isClusterName(name)) return name;
  context.problem(path, `${JSON.stringify(name)} is not a DNS label`);
  return name as ClusterName;
}

/** The clusters, in the order of the file; names must differ. */
export function compileClusters(
  context: Compilation,
  file: ConfigurationFile,
): readonly ClusterConfiguration[] {
  const { clusters, mode } = file;
  const modes = { mode: compileMode(file) };
  return clusters.map((cluster, index) => {
    const path = ['clusters', index];
    if (clusters.findIndex(({ name }) => name === cluster.name) < index) {
      context.problem([...path, 'name'], `${cluster.name} is there twice: each cluster has its own name`);
    }
    return {
      name: clusterName(context, [...path, 'name'], cluster.name),
      access: compileAccess(context, path, cluster),
      mode: cluster.mode ?? mode.default,
      mayAct: mayActIn(modes, cluster.name),
      poolLabel: cluster.poolLabel,
      zoneLabel: cluster.zoneLabel,
      allowControlPlane: cluster.allowControlPlane,
      medik8sLeases: cluster.medik8sLeases,
      ...(cluster.bmc === undefined ? {} : { bmc: compileBmc(context, [...path, 'bmc'], cluster.bmc) }),
    };
  });
}
