import { createHash } from 'node:crypto';

import type { CommandId, FaultId, NodeKey, ProcessId } from '../../../domain/identifiers.js';

/** 16 characters of base 32 (80 bits): collisions are out of reach, and it fits a taint's value. */
function digest(...parts: readonly (string | number)[]): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  const bytes = createHash('sha256').update(parts.join('\n')).digest();
  return Array.from({ length: 16 }, (_, index) => alphabet[(bytes[index] ?? 0) % 32]).join('');
}

/** Which journal gives out ids. */
interface Issuer {
  readonly epoch: number;
  readonly installation?: string;
}

/** The same decision made again gives the same ids: node, version of the fact, and installation and epoch of the journal name them. */
export function processIdOf(node: NodeKey, version: number, issuer: Issuer): ProcessId {
  return `p-${digest('process', node, version, ...partsOf(issuer))}` as ProcessId;
}

export function faultIdOf(node: NodeKey, version: number, issuer: Issuer): FaultId {
  return `f-${digest('fault', node, version, ...partsOf(issuer))}` as FaultId;
}

function partsOf({ epoch, installation }: Issuer): readonly (string | number)[] {
  return installation === undefined ? [epoch] : [epoch, installation];
}

export function commandIdOf(processId: ProcessId, stageEntry: number, number: string): CommandId {
  return `${processId}.${stageEntry}.${number}` as CommandId;
}

export function migrationRequestIdOf(processId: ProcessId, stageEntry: number): string {
  return `${processId}.${stageEntry}.migration`;
}
