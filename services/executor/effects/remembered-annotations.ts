import type { KubernetesNode } from '../../../adapters/ports/kubernetes.js';
import { annotation, autoscalerAnnotations, restoreAnnotation } from '../../../adapters/ports/node-marks.js';
import { jsonIn } from '../../../domain/json.js';

/** What the annotations were before isolation, as text for one more annotation. Null: there was none. */
export function rememberedText(owner: string, before: ReadonlyMap<string, string | undefined>): string {
  const values = Object.fromEntries([...before].map(([key, value]) => [key, value ?? null]));
  return JSON.stringify({ owner, values });
}

/** Whether the remembered values are this owner's to restore. */
export function remembers(node: KubernetesNode, owner: string): boolean {
  return remembered(node)?.owner === owner;
}

/** Changes that restore what was remembered. A value that somebody else has set since stays. */
export function restoringChanges(
  node: KubernetesNode,
  owner: string,
): readonly [string, string | undefined][] {
  const memory = remembered(node);
  if (memory?.owner !== owner) return [];
  const restored = autoscalerAnnotations.flatMap((key): [string, string | undefined][] =>
    memory.values.has(key) && annotation(node, key) === 'true' ? [[key, memory.values.get(key)]] : [],
  );
  return [...restored, [restoreAnnotation, undefined]];
}

/** The remembered values in another owner's name. */
export function rememberedBy(node: KubernetesNode, from: string, to: string): readonly [string, string][] {
  const memory = remembered(node);
  return memory?.owner === from ? [[restoreAnnotation, rememberedText(to, memory.values)]] : [];
}

/** A person may have edited it: what can't be read restores nothing. */
function remembered(
  node: KubernetesNode,
): { readonly owner: string; readonly values: ReadonlyMap<string, string | undefined> } | undefined {
  const content = jsonIn(annotation(node, restoreAnnotation) ?? '');
  if (!isRecord(content) || typeof content['owner'] !== 'string' || !isRecord(content['values']))
    return undefined;
  const values = Object.entries(content['values']).map(
    ([key, value]) => [key, typeof value === 'string' ? value : undefined] as const,
  );
  return { owner: content['owner'], values: new Map(values) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
