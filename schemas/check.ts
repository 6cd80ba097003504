import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { avroFolder, readSchemaFiles, type SchemaFile } from './avro-files.js';
import { incompatibilities } from './compatibility.js';
import { contractProblems } from './contract-rules.js';
import { fingerprint } from './fingerprint.js';
import type { EventName } from './event-payloads.js';

export interface SchemaProblem {
  readonly file: string;
  readonly problem: string;
}

export interface SchemaCheck {
  /** What must not be released. Empty: all is well. */
  readonly problems: readonly SchemaProblem[];
  /** Files that no release has published yet: they may still be edited. */
  readonly unpublished: readonly string[];
}

/** Fingerprints of the files that were published, by file name. */
type Published = ReadonlyMap<string, string>;

const lockName = 'published.lock.json';

/**
 * Whether the schemas may be released: each follows the rules of the contract, can read and be read by every earlier
 * version of its event (FULL_TRANSITIVE), and none that was published has been edited or removed. Needs no server.
 */
export function checkSchemas(folder: string = avroFolder()): SchemaCheck {
  const files = readSchemaFiles(folder);
  const published = readLock(folder);
  return {
    problems: [
      ...files.flatMap((file) => named(file, contractProblems(file))),
      ...files.flatMap((file) => named(file, incompatibleWithEarlier(file, files))),
      ...lockProblems(files, published),
    ],
    unpublished: files.filter(({ file }) => !published.has(file)).map(({ file }) => file),
  };
}

/**
 * Notes every file as published; from then on it can't change. Refuses, and writes nothing, while there are problems.
 * Returns the files that are new in the lock.
 */
export function lockSchemas(folder: string = avroFolder()): SchemaCheck {
  const check = checkSchemas(folder);
  if (check.problems.length > 0) return check;
  const lock = readSchemaFiles(folder).map(({ file, schema }) => [file, fingerprint(schema)] as const);
  writeFileSync(lockPath(folder), `${JSON.stringify(Object.fromEntries(lock), undefined, 2)}\n`);
  return check;
}

/**
 * Gives every event's schema to a registry, through ids that were opened to register. Rejects with
 * SchemaRegistryUnavailable at the first that the registry does not take; what was registered stays.
 */
export async function registerSchemas(
  schemaIds: { idOf(event: EventName): Promise<number> },
  events: readonly EventName[],
): Promise<ReadonlyMap<EventName, number>> {
  const ids = new Map<EventName, number>();
  for (const event of events) ids.set(event, await schemaIds.idOf(event));
  return ids;
}

function named({ file }: SchemaFile, problems: readonly string[]): SchemaProblem[] {
  return problems.map((problem) => ({ file, problem }));
}

function incompatibleWithEarlier(file: SchemaFile, files: readonly SchemaFile[]): readonly string[] {
  const earlier = files.filter(({ event, version }) => event === file.event && version < file.version);
  const missing =
    earlier.length === file.version - 1 ? [] : [`versions 1 to ${file.version - 1} must be kept`];
  return [...missing, ...earlier.flatMap((old) => incompatibilities(old, file))];
}

function lockProblems(files: readonly SchemaFile[], published: Published): SchemaProblem[] {
  const present = new Map(files.map((file) => [file.file, file]));
  const problems: SchemaProblem[] = [];
  for (const [file, expected] of published) {
    const found = present.get(file);
    if (found === undefined) problems.push({ file, problem: 'was published and is gone: restore it' });
    else if (fingerprint(found.schema) !== expected) {
      const problem = `was published and has been edited: restore it, and add version ${found.version + 1} instead`;
      problems.push({ file, problem });
    }
  }
  return problems;
}

/** Beside the folder of the schemas. */
function lockPath(folder: string): string {
  return join(folder, '..', lockName);
}

function readLock(folder: string): Published {
  const path = lockPath(folder);
  if (!existsSync(path)) return new Map();
  const lock: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const entries = typeof lock === 'object' && lock !== null ? Object.entries(lock) : [];
  return new Map(entries.map(([file, hash]: [string, unknown]) => [file, String(hash)]));
}
