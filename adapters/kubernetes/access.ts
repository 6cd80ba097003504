import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';

/** How to reach one API server, and as whom. */
export interface ClusterAccess {
  /** Base URL without a trailing slash. */
  readonly server: string;
  readonly certificateAuthority?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  readonly skipTlsVerify?: boolean;
  readonly tlsServerName?: string;
  /** Asked for every request: a token in a file is rotated while we run. */
  readonly token?: () => string | undefined;
}

/** The kubeconfig can't be used; the message names file, key and what to do. */
export class KubeconfigUnusable extends Error {
  override readonly name = 'KubeconfigUnusable';
}

/**
 * Reads a kubeconfig file.
 * @param path file; relative paths in it are relative to it
 * @param context name of the context; without it, the file's current context
 * @throws KubeconfigUnusable
 */
export function accessFromKubeconfig(path: string, context?: string): ClusterAccess {
  const config = readConfig(path);
  const contextName = context ?? text(config, 'current-context');
  if (contextName === undefined) throw unusable(path, 'current-context', 'name a context');
  const chosen = named(path, config, 'contexts', contextName, 'context');
  const cluster = named(path, config, 'clusters', text(chosen, 'cluster') ?? '', 'cluster');
  const userName = text(chosen, 'user');
  const user = userName === undefined ? {} : named(path, config, 'users', userName, 'user');
  return accessOf(path, cluster, user);
}

const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Access as the pod's own service account.
 * @throws KubeconfigUnusable when this is no pod
 */
export function accessFromServiceAccount(
  environment: Readonly<Record<string, string | undefined>>,
  folder = serviceAccountFolder,
): ClusterAccess {
  const host = environment['KUBERNETES_SERVICE_HOST'];
  const port = environment['KUBERNETES_SERVICE_PORT'] ?? '443';
  if (host === undefined)
    throw unusable(folder, 'KUBERNETES_SERVICE_HOST', 'run in a pod or name a kubeconfig');
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    certificateAuthority: readText(folder, 'ca.crt', resolve(folder, 'ca.crt')),
    token: tokenFile(resolve(folder, 'token')),
  };
}

type Section = Readonly<Record<string, unknown>>;

function accessOf(path: string, cluster: Section, user: Section): ClusterAccess {
  const server = text(cluster, 'server');
  if (server === undefined) throw unusable(path, 'cluster.server', 'give the URL of the API server');
  if (user['exec'] !== undefined || user['auth-provider'] !== undefined) {
    throw unusable(path, 'user.exec', 'plugins are not run; use a token, token file or client certificate');
  }
  const authority = material(path, cluster, 'certificate-authority');
  const certificate = material(path, user, 'client-certificate');
  const key = material(path, user, 'client-key');
  const token = tokenOf(path, user);
  const serverName = text(cluster, 'tls-server-name');
  return {
    server: server.replace(/\/+$/, ''),
    skipTlsVerify: cluster['insecure-skip-tls-verify'] === true,
    ...(authority === undefined ? {} : { certificateAuthority: authority }),
    ...(certificate === undefined ? {} : { clientCertificate: certificate }),
    ...(key === undefined ? {} : { clientKey: key }),
    ...(token === undefined ? {} : { token }),
    ...(serverName === undefined ? {} : { tlsServerName: serverName }),
  };
}

/** The file wins over the token, as kubectl has it. */
function tokenOf(path: string, user: Section): (() => string | undefined) | undefined {
  const file = text(user, 'tokenFile');
  if (file !== undefined) return tokenFile(resolve(dirname(path), file));
  const token = text(user, 'token');
  return token === undefined ? undefined : () => token;
}

/** Reads the file again whenever it has changed; keeps the last token while the file can't be read. */
function tokenFile(file: string): () => string | undefined {
  let seen: { readonly modifiedAt: number; readonly token: string } | undefined;
  return () => {
    try {
      const modifiedAt = statSync(file).mtimeMs;
      if (seen?.modifiedAt !== modifiedAt) seen = { modifiedAt, token: readFileSync(file, 'utf8').trim() };
    } catch {
      // Rotation replaces the file: for a moment it may be absent.
    }
    return seen?.token;
  };
}

/** `<key>-data` in base64, else the file that `<key>` names. */
function material(path: string, section: Section, key: string): string | undefined {
  const data = text(section, `${key}-data`);
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
  const file = text(section, key);
  return file === undefined ? undefined : readText(path, key, resolve(dirname(path), file));
}

function readConfig(path: string): Section {
  const content = readText(path, 'file', path);
  let parsed: unknown;
  try {
    parsed = parse(content);
  } catch (error) {
    throw unusable(path, 'file', `not YAML: ${String(error)}`);
  }
  if (!isSection(parsed)) throw unusable(path, 'file', 'not a kubeconfig');
  return parsed;
}

function readText(path: string, key: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unusable(
      path,
      key,
      `${file} can't be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function named(path: string, config: Section, list: string, name: string, member: string): Section {
  const entries: unknown = config[list];
  const found = (Array.isArray(entries) ? entries : []).find(
    (entry: unknown) => isSection(entry) && entry['name'] === name,
  ) as unknown;
  const value = isSection(found) ? found[member] : undefined;
  if (!isSection(value)) throw unusable(path, list, `there is none named "${name}"`);
  return value;
}

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(section: Section, key: string): string | undefined {
  const value = section[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function unusable(path: string, key: string, what: string): KubeconfigUnusable {
  return new KubeconfigUnusable(`kubeconfig ${path}, ${key}: ${what}`);
}
