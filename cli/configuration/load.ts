import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import type { JsonObject } from '../../domain/json.js';
import { compile } from './compile.js';
import type { Configuration } from './configuration.js';
import { parseLocated } from './positions.js';
import {
  ConfigurationInvalid,
  ConfigurationUnreadable,
  type ConfigurationProblem,
  type KeyPath,
} from './problems.js';
import { validateForm } from './validate.js';

/** A configuration that still knows where each key of it stands. */
export interface LocatedConfiguration {
  readonly configuration: Configuration;
  /** A problem that only shows beside something else, as the inventory. */
  readonly problemAt: (key: KeyPath, reason: string) => ConfigurationProblem;
}

/**
 * Checks and compiles the text of a `faultline.yaml`.
 * @param path where it stands: for messages, and what relative paths in it are relative to
 * @throws ConfigurationInvalid with every problem, its line and what to do
 */
export function parseLocatedConfiguration(source: string, path: string): LocatedConfiguration {
  const absolute = resolve(path);
  const document = parseLocated(source);
  if (document.problems.length > 0) throw new ConfigurationInvalid(path, document.problems);
  const form = validateForm(document);
  if (form.kind === 'invalid') throw new ConfigurationInvalid(path, form.problems);
  const { configuration, problems } = compile(absolute, form.file, document);
  if (problems.length > 0) throw new ConfigurationInvalid(path, unique(problems));
  return { configuration, problemAt: (key, reason) => document.problemAt(key, reason) };
}

/** The same for whoever needs no places. */
export function parseConfiguration(source: string, path: string): Configuration {
  return parseLocatedConfiguration(source, path).configuration;
}

/**
 * The file as it would be with an earlier guard's section in it. Where metrics are read stays as the file says: that is connected to.
 * @param guard as the journal keeps it
 * @returns undefined: it does not go with the rest of the file, or with this release
 */
export function withEarlierGuard(source: string, path: string, guard: string): Configuration | undefined {
  const file = parseLocated(source).content as JsonObject;
  const { prometheus } = (file['guard'] ?? {}) as JsonObject;
  const { prometheus: _before, ...earlier } = JSON.parse(guard) as JsonObject;
  const merged = { ...file, guard: { ...earlier, prometheus } };
  try {
    return parseConfiguration(JSON.stringify(merged), path);
  } catch (error) {
    if (error instanceof ConfigurationInvalid) return undefined;
    throw error;
  }
}

/** Whether nothing is wrong but the guard's section. */
export function isOfGuardAlone({ problems }: ConfigurationInvalid): boolean {
  return problems.every(({ key }) => key === 'guard' || /^guard[.[]/.test(key));
}

/**
 * Reads a file of which the guard's section may be wrong, for whoever has an earlier one to go by. Where metrics are read has to be right: that is
 * connected to.
 * @returns of a wrong section nothing, in its place what holds by default: not to be gone by
 * @throws ConfigurationUnreadable; ConfigurationInvalid if anything else is wrong
 */
export function loadBesideGuard(path: string): Configuration {
  const source = readConfigurationFile(path);
  try {
    return parseConfiguration(source, path);
  } catch (error) {
    if (!(error instanceof ConfigurationInvalid && isOfGuardAlone(error))) throw error;
    const rest = withEarlierGuard(source, path, '{}');
    if (rest === undefined) throw error;
    return rest;
  }
}

/** A wrong member of the common recipe is found once per fault type: it is told once. */
function unique<Problem extends { readonly line: number; readonly reason: string }>(
  problems: readonly Problem[],
): readonly Problem[] {
  return [...new Map(problems.map((problem) => [`${problem.line} ${problem.reason}`, problem])).values()];
}

/**
 * Reads, checks and compiles a file.
 * @throws ConfigurationUnreadable, ConfigurationInvalid
 */
export function loadConfiguration(path: string): Configuration {
  return loadLocatedConfiguration(path).configuration;
}

/** The same, with places. */
export function loadLocatedConfiguration(path: string): LocatedConfiguration {
  return parseLocatedConfiguration(readConfigurationFile(path), path);
}

/** @throws ConfigurationUnreadable */
export function readConfigurationFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigurationUnreadable(`configuration ${path} can't be read (${why})`);
  }
}
