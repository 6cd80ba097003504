import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** The account that PostgreSQL runs as. It refuses to run as root, so root starts it as somebody else. */
export interface ServerAccount {
  readonly uid: number;
  readonly gid: number;
}

function lookUp(name: string): ServerAccount | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

/**
 * The account to run the server as, or undefined when that is the caller's own.
 *
 * As root: the owner of an existing cluster, so that a later choice never locks us out of our data; else `postgres`, else `nobody`
 * (an account is needed that has a name, initdb looks it up).
 */
export function serverAccount(clusterFolder: string): ServerAccount | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const existing = statSync(clusterFolder, { throwIfNoEntry: false });
  if (existing !== undefined && existing.uid !== 0) return { uid: existing.uid, gid: existing.gid };
  const account = lookUp('postgres') ?? lookUp('nobody');
  if (account === undefined) {
    throw new Error(
      'PostgreSQL does not run as root, and there is neither a user "postgres" nor "nobody". Start as another user, or add one of them.',
    );
  }
  return account;
}

/** Whether `account` can walk down to `folder`: execute permission on it and on each of its parents. */
export function canWalk(account: ServerAccount | undefined, folder: string): boolean {
  if (account === undefined) return true;
  for (let current = folder; ; current = dirname(current)) {
    const status = statSync(current, { throwIfNoEntry: false });
    if (status !== undefined) {
      const bit = status.uid === account.uid ? 0o100 : status.gid === account.gid ? 0o010 : 0o001;
      if ((status.mode & bit) === 0) return false;
    }
    if (current === dirname(current)) return true;
  }
}
