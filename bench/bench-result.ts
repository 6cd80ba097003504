import type { Part } from './figures.js';
import { describeMachine, type MachineDescription, type MeasuredStack } from './machine.js';

export interface BenchResult {
  readonly measuredAt: string;
  readonly machine: MachineDescription;
  readonly parts: readonly Part[];
  readonly met: boolean;
}

/** What was measured, and where. The stack has to be there still. */
export async function resultOf(stack: MeasuredStack, parts: readonly Part[]): Promise<BenchResult> {
  return {
    measuredAt: new Date().toISOString(),
    machine: await describeMachine(stack),
    parts,
    met: parts.every(({ met }) => met),
  };
}
