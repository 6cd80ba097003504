import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';

import type { LocatedDocument } from './positions.js';
import type { ConfigurationProblem, KeyPath } from './problems.js';
import { durationPattern } from './sections/values.js';
import { wholeFile, type ConfigurationFile } from './sections/whole-file.js';

let compiled: ValidateFunction<ConfigurationFile> | undefined;

function validator(): ValidateFunction<ConfigurationFile> {
  // Used once in most processes: making its code short, and checking our own schema first, took longer than all the rest.
  const quick = { code: { optimize: false }, validateSchema: false, meta: false };
  compiled ??= new Ajv({
    allErrors: true,
    useDefaults: true,
    strict: false,
    verbose: true,
    ...quick,
  }).compile(wholeFile);
  return compiled;
}

/** JSON pointer to path; positions become numbers. */
function pathOf(pointer: string): KeyPath {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^(0|[1-9][0-9]*)$/.test(part) ? Number(part) : part));
}

function parameter(error: ErrorObject, name: string): unknown {
  const parameters: Readonly<Record<string, unknown>> = error.params;
  return parameters[name];
}

function knownKeys(error: ErrorObject): string {
  const { properties } = (error.parentSchema ?? {}) as { properties?: object };
  return Object.keys(properties ?? {}).join(', ');
}

function reasonOf(error: ErrorObject): string {
  const given = error.data === undefined ? 'nothing' : JSON.stringify(error.data);
  if (error.keyword === 'pattern' && parameter(error, 'pattern') === durationPattern) {
    return `${given} is not a duration: write a whole number and ms, s, m, h or d, like 30s`;
  }
  if (error.keyword === 'enum') {
    const allowed = parameter(error, 'allowedValues');
    return `${given} is not known here: use one of ${Array.isArray(allowed) ? allowed.join(', ') : '…'}`;
  }
  if (error.keyword === 'type') {
    return `must be ${String(parameter(error, 'type'))}, not ${given}`;
  }
  return `${error.message ?? 'is invalid'}${given.length > 80 ? '' : `, not ${given}`}`;
}

function problemOf(document: LocatedDocument, error: ErrorObject): ConfigurationProblem {
  const path = pathOf(error.instancePath);
  if (error.keyword === 'additionalProperties') {
    const key = String(parameter(error, 'additionalProperty'));
    return document.problemAt([...path, key], `unknown key: known here are ${knownKeys(error)}`, 'key');
  }
  if (error.keyword === 'required') {
    const key = String(parameter(error, 'missingProperty'));
    return document.problemAt([...path, key], 'is missing: add it');
  }
  return document.problemAt(path, reasonOf(error));
}

/**
 * Checks the form of a parsed file and fills in defaults. Nothing is converted or corrected.
 * @returns the complete file, or every problem
 */
export function validateForm(
  document: LocatedDocument,
):
  | { readonly kind: 'valid'; readonly file: ConfigurationFile }
  | { readonly kind: 'invalid'; readonly problems: readonly ConfigurationProblem[] } {
  const content: unknown = structuredClone(document.content ?? {});
  const validate = validator();
  if (validate(content)) return { kind: 'valid', file: content };
  return {
    kind: 'invalid',
    problems: (validate.errors ?? []).map((error) => problemOf(document, error)),
  };
}
