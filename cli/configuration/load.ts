import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

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
    throw new ConfigurationUnreadable(
      `configuration ${path} can't be read (${why}): give an existing file with --config`,
    );
  }
}
