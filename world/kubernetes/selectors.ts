import type { JsonObject, StoredObject } from './kubernetes-object.js';
import { isJsonObject, objectAt, objectsAt } from './kubernetes-object.js';
import type { Resource } from './resources.js';
import { badRequest } from './status.js';

export type Matches = (object: StoredObject) => boolean;

export interface Selection {
  readonly matches: Matches;
  /** Equal values that an index can use, by field path. */
  readonly exactFields: ReadonlyMap<string, string>;
}

/** Reads `labelSelector` and `fieldSelector`; throws 400 on what the real server refuses too. */
export function selectionOf(resource: Resource, labels: string | null, fields: string | null): Selection {
  const labelRules = splitRules(labels ?? '').map(labelRule);
  const fieldRules = (fields ?? '')
    .split(',')
    .filter((rule) => rule !== '')
    .map((rule) => fieldRule(resource, rule));
  const exact = fieldRules
    .filter((rule) => rule.equal)
    .map((rule): [string, string] => [rule.path, rule.value]);
  return {
    exactFields: new Map(exact),
    matches: (object) =>
      labelRules.every((rule) => rule(object.metadata.labels ?? {})) &&
      fieldRules.every((rule) => (fieldText(object, rule.path) === rule.value) === rule.equal),
  };
}

/** Whether a `LabelSelector` object (matchLabels, matchExpressions) selects these labels; an empty one selects all. */
export function selectorMatches(selector: JsonObject, labels: Readonly<Record<string, string>>): boolean {
  const equal = Object.entries(objectAt(selector, 'matchLabels')).every(
    ([key, value]) => labels[key] === value,
  );
  return (
    equal &&
    objectsAt(selector, 'matchExpressions').every((expression) => expressionMatches(expression, labels))
  );
}

function expressionMatches(expression: JsonObject, labels: Readonly<Record<string, string>>): boolean {
  const { key, operator, values } = expression;
  const value = typeof key === 'string' ? labels[key] : undefined;
  const listed = Array.isArray(values) && values.includes(value);
  if (operator === 'Exists') return value !== undefined;
  if (operator === 'DoesNotExist') return value === undefined;
  return operator === 'In' ? listed : !listed;
}

type LabelRule = (labels: Readonly<Record<string, string>>) => boolean;

function splitRules(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((rule) => rule.trim())
    .filter((rule) => rule !== '');
}

const key = String.raw`([A-Za-z0-9][-A-Za-z0-9_./]*)`;
const equality = new RegExp(String.raw`^${key}\s*(==|=|!=)\s*([-A-Za-z0-9_.]*)$`);
const membership = new RegExp(String.raw`^${key}\s+(in|notin)\s*\(([^)]*)\)$`);
const existence = new RegExp(`^(!?)\\s*${key}$`);

function labelRule(rule: string): LabelRule {
  const equal = equality.exec(rule);
  if (equal !== null) {
    const [, name = '', operator, value = ''] = equal;
    return operator === '!=' ? (labels) => labels[name] !== value : (labels) => labels[name] === value;
  }
  const member = membership.exec(rule);
  if (member !== null) {
    const [, name = '', operator, list = ''] = member;
    const values = new Set(list.split(',').map((value) => value.trim()));
    const inside: LabelRule = (labels) => labels[name] !== undefined && values.has(labels[name]);
    return operator === 'in' ? inside : (labels) => !inside(labels);
  }
  const exists = existence.exec(rule);
  if (exists === null) throw badRequest(`unable to parse requirement: ${rule}`);
  const [, not, name = ''] = exists;
  return not === '!' ? (labels) => labels[name] === undefined : (labels) => labels[name] !== undefined;
}

function fieldRule(resource: Resource, rule: string): { path: string; value: string; equal: boolean } {
  const parts = /^([^!=]+)(==|=|!=)(.*)$/.exec(rule);
  if (parts === null) throw badRequest(`invalid selector: '${rule}'; can't understand '${rule}'`);
  const [, path = '', operator, value = ''] = parts;
  const known = path === 'metadata.name' || (path === 'metadata.namespace' && resource.namespaced);
  if (!known && !resource.selectable.includes(path)) throw badRequest(`field label not supported: ${path}`);
  return { path, value, equal: operator !== '!=' };
}

function fieldText(object: StoredObject, path: string): string {
  let value: unknown = object;
  for (const step of path.split('.')) value = isJsonObject(value) ? value[step] : undefined;
  if (path === 'spec.unschedulable') return value === true ? 'true' : 'false';
  return typeof value === 'string' ? value : '';
}
