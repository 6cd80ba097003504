import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Somebody the API server knows by a token. */
export interface Identity {
  /** Names the kubeconfig: `kubeconfig-<name>.json`. */
  readonly name: string;
  readonly user: string;
  readonly groups: readonly string[];
}

const everything = ['system:masters'];

/** Each part under its own name, so that the audit log tells who wrote. */
export const standardIdentities: readonly Identity[] = [
  { name: 'admin', user: 'admin', groups: everything },
  { name: 'controller-manager', user: 'system:kube-controller-manager', groups: everything },
  { name: 'scheduler', user: 'system:kube-scheduler', groups: everything },
  { name: 'kwok', user: 'kwok', groups: everything },
  { name: 'world', user: 'world', groups: everything },
  serviceAccount('faultline', 'faultline'),
];

/** An identity with exactly the user name and groups of a ServiceAccount's token, and so exactly its rights. */
export function serviceAccount(namespace: string, name: string): Identity {
  return {
    name,
    user: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
  };
}

/** Writes the token file; the API server reads it once, at its start. Answers the token of each identity's name. */
export async function writeTokens(
  folder: string,
  identities: readonly Identity[],
): Promise<ReadonlyMap<string, string>> {
  const tokens = new Map(identities.map(({ name }) => [name, randomBytes(24).toString('hex')]));
  const lines = identities.map(
    ({ name, user, groups }) => `${tokens.get(name) ?? ''},${user},${name},"${groups.join(',')}"`,
  );
  await writeFile(join(folder, 'tokens.csv'), `${lines.join('\n')}\n`, { mode: 0o600 });
  return tokens;
}

/** Keys that sign and check ServiceAccount tokens. */
export async function writeServiceAccountKeys(folder: string): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  await writeFile(join(folder, 'service-account.key'), privateKey, { mode: 0o600 });
  await writeFile(join(folder, 'service-account.pub'), publicKey);
}

/** Writes in full, with request and response; reads as metadata; health checks not at all. */
export async function writeAuditPolicy(folder: string): Promise<void> {
  const policy = {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [
      { level: 'None', nonResourceURLs: ['/readyz*', '/livez*', '/healthz*'] },
      { level: 'RequestResponse', verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'] },
      { level: 'Metadata' },
    ],
  };
  await writeFile(join(folder, 'audit-policy.json'), JSON.stringify(policy));
}

/** A kubeconfig (JSON is YAML too) that trusts the certificate that the API server made for itself. */
export async function writeKubeconfig(place: {
  folder: string;
  cluster: string;
  server: string;
  name: string;
  token: string;
}): Promise<string> {
  const { cluster, server, name, token } = place;
  const certificate = await readFile(join(place.folder, 'certificates', 'apiserver.crt'));
  const file = join(place.folder, `kubeconfig-${name}.json`);
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: cluster, cluster: { server, 'certificate-authority-data': certificate.toString('base64') } },
    ],
    users: [{ name, user: { token } }],
    contexts: [{ name: cluster, context: { cluster, user: name } }],
    'current-context': cluster,
  };
  await writeFile(file, JSON.stringify(content, null, 2), { mode: 0o600 });
  return file;
}
