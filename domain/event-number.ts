import type { NodeKey } from './identifiers.js';

/** Place of a fact among those of its node: journal epoch and version. Every fact is published under it. */
export interface EventNumber {
  readonly epoch: number;
  readonly version: number;
}

/** `ce_id` of what a fact is published as; each fact is published as a `ProcessEvent`, some as more than that. */
export function eventIdOf(node: NodeKey, { epoch, version }: EventNumber, event = 'ProcessEvent'): string {
  return `${node}@${epoch}.${version}/${event}`;
}

/** Which fact of this node an event id names, or undefined if it is no event of this node. */
export function parseEventId(node: NodeKey, id: string): EventNumber | undefined {
  if (!id.startsWith(`${node}@`)) return undefined;
  const match = /^(\d{1,15})\.(\d{1,15})\/[A-Za-z]+$/.exec(id.slice(node.length + 1));
  return match === null ? undefined : { epoch: Number(match[1]), version: Number(match[2]) };
}
