import type { ToldFact } from '../../domain/fact.js';
import { canonicalJson, type JsonObject } from '../../domain/json.js';
import { nodeToPayload, type NodeNamesPayload } from './node-names.js';

export interface ProcessEventPayload extends NodeNamesPayload {
  readonly type: string;
  readonly version: number;
  readonly at: number;
  readonly causeId: string;
  readonly processId: string | null;
  readonly workflow: string | null;
  readonly stage: string | null;
  readonly data: Readonly<Record<string, string>>;
}

/** `workflow` and `stage`: of the process as it is after the fact. */
export function factToEvent(
  fact: ToldFact,
  process: { readonly workflow?: string | undefined; readonly stage?: string | undefined } = {},
): ProcessEventPayload {
  const { cluster, node } = nodeToPayload(fact.node);
  return {
    cluster,
    node,
    type: fact.type,
    version: fact.version,
    at: fact.at,
    causeId: fact.causeId,
    processId: fact.processId ?? null,
    workflow: process.workflow ?? null,
    stage: process.stage ?? null,
    data: textOf(fact.data),
  };
}

/** Members as text, by name: what is not text becomes canonical JSON. In any order of members the bytes are the same. */
function textOf(data: JsonObject): Record<string, string> {
  const text: Record<string, string> = {};
  for (const key of Object.keys(data).sort()) {
    const value = data[key];
    if (value !== undefined) text[key] = typeof value === 'string' ? value : canonicalJson(value);
  }
  return text;
}
