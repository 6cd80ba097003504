import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** What a release left, for later ones to be held to; never changed afterwards. */
export const recordedFiles = [
  'schema.txt',
  'backup.ndjson.gz',
  'histories.ndjson.gz',
  'events.ndjson.gz',
] as const;

/** `release.json` of a release. */
export interface Release {
  /** Whose code it was, in this repository; undefined only until the next version is begun. */
  readonly commit?: string;
  /** Of `recordedFiles`. */
  readonly sha256: Readonly<Record<string, string>>;
  /** That its histories run through, and its events; sorted. */
  readonly workflows: readonly string[];
  readonly events: readonly string[];
  /** Why processes that it began are not held to their course; undefined: they are. */
  readonly decidedAnew?: string;
}

const releases = join(import.meta.dirname, '../releases');

/** The latest last. */
export function releasedVersions(): readonly string[] {
  return readdirSync(releases, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));
}

export function releaseFile(version: string, name: string): string {
  return join(releases, version, name);
}

export function readRelease(version: string): Release | undefined {
  const file = releaseFile(version, 'release.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Release) : undefined;
}

export function recordedSums(version: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    recordedFiles.map((name) => [name, sha256Of(readFileSync(releaseFile(version, name)))]),
  );
}

/** What a release is known by outside its own folder: whoever records it anew, or accepts drift, changes a line that a reviewer reads. */
export interface Pin {
  /** Of its `release.json`, which has the sums of all else. */
  readonly release: string;
  /** Steps that are decided otherwise on purpose, and the sum of the file that says why. */
  readonly acceptedDrift: { readonly steps: number; readonly sha256: string };
}

const pins = join(import.meta.dirname, '../releases-pinned.json');

/** By version, as they were written down by hand. */
export function pinnedReleases(): Readonly<Record<string, Pin>> {
  return JSON.parse(readFileSync(pins, 'utf8')) as Record<string, Pin>;
}

/** How the folder of a release would have to be pinned as it is. */
export function pinOf(version: string): Pin {
  const drift = releaseFile(version, 'accepted-drift.json');
  const accepted = existsSync(drift) ? readFileSync(drift, 'utf8') : '[]';
  return {
    release: sha256Of(readFileSync(releaseFile(version, 'release.json'))),
    acceptedDrift: { steps: (JSON.parse(accepted) as unknown[]).length, sha256: sha256Of(accepted) },
  };
}

function sha256Of(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Lines of a compressed file of JSON lines. */
export function readLines(file: string): readonly string[] {
  return gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n');
}
