import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

import type { SecretSource } from './configuration.js';
import { parseDurationMs } from '../../services/duration.js';
import type { LocatedDocument } from './positions.js';
import type { ConfigurationProblem, KeyPath } from './problems.js';

/** What a secret is called in the file: `<kind>File` and `<kind>From`. */
export type SecretKind = 'password' | 'token' | 'secret' | 'previousSecret';

/** What the parts of the compiler share: they note problems and go on, so that all are told at once. */
export interface Compilation {
  problem(path: KeyPath, reason: string): void;
  /** Milliseconds; a duration that is zero is a problem. */
  duration(path: KeyPath, text: string): number;
  /** Absolute; relative to the file, `~/` to the home folder. */
  path(text: string): string;
  /** Undefined when none is given; both at once are a problem. */
  secret(
    path: KeyPath,
    kind: SecretKind,
    file: string | undefined,
    from: { readonly env: string } | undefined,
  ): SecretSource | undefined;
}

/** Problems are added to `problems`. */
export function compilation(
  path: string,
  document: LocatedDocument,
  problems: ConfigurationProblem[],
): Compilation {
  const problem = (key: KeyPath, reason: string) => {
    problems.push(document.problemAt(key, reason));
  };
  const absolute = (text: string) =>
    text.startsWith('~/') ? join(homedir(), text.slice(2)) : resolve(dirname(path), text);
  return {
    problem,
    path: absolute,
    duration: (key, text) => {
      const ms = parseDurationMs(text);
      if (ms === undefined || ms === 0)
        problem(key, `${text} is no usable duration: it must be longer than 0`);
      return ms ?? 0;
    },
    secret: (key, kind, file, from) => {
      if (file !== undefined && from !== undefined) {
        problem(key, `both ${kind}File and ${kind}From are given: keep one`);
      }
      if (file !== undefined) return { kind: 'file', path: absolute(file) };
      return from === undefined ? undefined : { kind: 'environment', variable: from.env };
    },
  };
}

/** A secret that has to be there. */
export function requiredSecret(
  context: Compilation,
  path: KeyPath,
  kind: SecretKind,
  given: SecretSource | undefined,
): SecretSource {
  if (given === undefined) context.problem(path, `has no ${kind}: add ${kind}File or ${kind}From`);
  return given ?? { kind: 'environment', variable: '' };
}

/** Notes a problem unless `text` is an http(s) URL without credentials. */
export function checkUrl(context: Compilation, path: KeyPath, text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    context.problem(path, `${JSON.stringify(text)} is not an http:// or https:// URL`);
  } else if (url.password !== '' || url.username !== '') {
    context.problem(path, 'holds credentials: use the keys for user and password');
  }
}
