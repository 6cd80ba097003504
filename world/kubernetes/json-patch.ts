import { isJsonObject, sameJson } from './kubernetes-object.js';
import { badRequest, patchNotApplicable } from './status.js';

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

type Container = { [field: string]: unknown } | unknown[];

/**
 * Applies an RFC 6902 patch to a copy, the way the real server does: a `replace` of a missing field of an object that is
 * there adds it. Throws 400 on what is no patch, 422 on one that can't be applied or whose `test` fails.
 */
export function applyJsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) {
    throw badRequest(
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    );
  }
  let document: unknown = copyOf(target);
  for (const operation of patch) {
    if (!isOperation(operation)) throw patchNotApplicable();
    document = applyOperation(document, operation);
  }
  return document;
}

/** Of plain JSON; structuredClone, which takes anything, takes three times as long. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (!isJsonObject(value)) return value;
  const copy: { [field: string]: unknown } = { ...value };
  for (const field of Object.keys(copy)) copy[field] = copyOf(copy[field]);
  return copy;
}

function applyOperation(document: unknown, operation: Operation): unknown {
  switch (operation.op) {
    case 'test':
      if (!passes(document, operation)) throw patchNotApplicable();
      return document;
    case 'add':
    case 'replace':
      return place(document, operation.path, operation.op, copyOf(operation.value ?? null));
    case 'remove':
      return take(document, operation.path);
    case 'move':
    case 'copy': {
      const value = copyOf(read(document, operation.from ?? ''));
      if (value === undefined) throw patchNotApplicable();
      const rest = operation.op === 'move' ? take(document, operation.from ?? '') : document;
      return place(rest, operation.path, 'add', value);
    }
    default:
      throw patchNotApplicable();
  }
}

/** A missing field equals null, and nothing else. */
function passes(document: unknown, operation: Operation): boolean {
  return sameJson(read(document, operation.path) ?? null, operation.value ?? null);
}

function read(document: unknown, path: string): unknown {
  let value: unknown = document;
  for (const step of stepsOf(path)) {
    if (Array.isArray(value)) value = value[indexIn(step, value.length - 1)];
    else if (isJsonObject(value)) value = value[step];
    else return undefined;
  }
  return value;
}

function place(document: unknown, path: string, op: 'add' | 'replace', value: unknown): unknown {
  const steps = stepsOf(path);
  const last = steps.at(-1);
  if (last === undefined) return value;
  const parent = parentOf(document, steps);
  if (!Array.isArray(parent)) {
    parent[last] = value;
  } else if (op === 'replace') {
    parent[indexIn(last, parent.length - 1)] = value;
  } else {
    parent.splice(last === '-' ? parent.length : indexIn(last, parent.length), 0, value);
  }
  return document;
}

function take(document: unknown, path: string): unknown {
  const steps = stepsOf(path);
  const last = steps.at(-1);
  if (last === undefined) throw patchNotApplicable();
  const parent = parentOf(document, steps);
  if (Array.isArray(parent)) {
    parent.splice(indexIn(last, parent.length - 1), 1);
  } else {
    if (!Object.hasOwn(parent, last)) throw patchNotApplicable();
    Reflect.deleteProperty(parent, last);
  }
  return document;
}

function parentOf(document: unknown, steps: readonly string[]): Container {
  let value: unknown = document;
  for (const step of steps.slice(0, -1)) {
    if (Array.isArray(value)) value = value[indexIn(step, value.length - 1)];
    else if (isJsonObject(value)) value = value[step];
    else throw patchNotApplicable();
  }
  if (!isContainer(value)) throw patchNotApplicable();
  return value;
}

function stepsOf(path: string): string[] {
  if (path === '') return [];
  if (!path.startsWith('/')) throw patchNotApplicable();
  return path
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function indexIn(step: string, highest: number): number {
  const index = /^(0|[1-9]\d*)$/.test(step) ? Number(step) : NaN;
  if (!(index <= highest)) throw patchNotApplicable();
  return index;
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

function isOperation(value: unknown): value is Operation {
  return isJsonObject(value) && typeof value['op'] === 'string' && typeof value['path'] === 'string';
}
