import type { RequestedAction } from './action-runner.js';

/** A body that is not what the webhook takes; the message says which field and why. */
export class BadRequestBody extends Error {
  override readonly name = 'BadRequestBody';
}

export interface TicketRequest {
  readonly idempotencyKey: string;
  readonly node: string;
  readonly cluster: string | undefined;
  readonly summary: string;
  readonly faultTypes: readonly string[];
}

export interface ActionRequest {
  readonly commandId: string;
  readonly node: string;
  readonly cluster: string | undefined;
  readonly requested: RequestedAction;
}

/** Throws BadRequestBody. */
export function readTicketRequest(body: unknown): TicketRequest {
  const fields = fieldsOf(body);
  return {
    idempotencyKey: text(fields, 'idempotencyKey'),
    ...target(fields),
    summary: text(fields, 'summary'),
    faultTypes: texts(fields, 'faultTypes'),
  };
}

/** Throws BadRequestBody. */
export function readActionRequest(body: unknown): ActionRequest {
  const fields = fieldsOf(body);
  return { commandId: text(fields, 'commandId'), ...target(fields), requested: action(fields) };
}

type Fields = ReadonlyMap<string, unknown>;

function fieldsOf(body: unknown): Fields {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new BadRequestBody('the body must be a JSON object');
  }
  return new Map<string, unknown>(Object.entries(body));
}

function text(fields: Fields, name: string): string {
  const value = fields.get(name);
  if (typeof value !== 'string' || value === '') throw new BadRequestBody(`${name} must be a non-empty text`);
  return value;
}

function texts(fields: Fields, name: string): readonly string[] {
  const value: unknown = fields.get(name);
  const isTexts = (list: unknown[]): list is string[] => list.every((entry) => typeof entry === 'string');
  if (!Array.isArray(value) || !isTexts(value)) throw new BadRequestBody(`${name} must be a list of texts`);
  return value;
}

/** The node by name, with the cluster beside it or before a slash. */
function target(fields: Fields): { node: string; cluster: string | undefined } {
  const node = text(fields, 'node');
  const slash = node.indexOf('/');
  if (slash >= 0) return { node: node.slice(slash + 1), cluster: node.slice(0, slash) };
  return { node, cluster: fields.has('cluster') ? text(fields, 'cluster') : undefined };
}

function action(fields: Fields): RequestedAction {
  const kind = text(fields, 'action');
  if (kind === 'reimage') return { action: kind, image: text(fields, 'image') };
  if (kind !== 'restart-component') throw new BadRequestBody('action must be restart-component or reimage');
  const component = text(fields, 'component');
  if (component !== 'kubelet' && component !== 'container-runtime') {
    throw new BadRequestBody('component must be kubelet or container-runtime');
  }
  return { action: kind, component };
}
