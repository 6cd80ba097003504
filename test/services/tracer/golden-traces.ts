import type { Fact } from '../../../domain/fact.js';
import type { NodeKey, ProcessId } from '../../../domain/identifiers.js';
import type { GoldenHistory } from '../../upgrades/golden-history.js';

/** A history that only holds these facts. */
export function historyOf(facts: readonly Fact[]) {
  return {
    facts: (
      node: NodeKey,
      { fromVersion, limit }: { readonly fromVersion: number; readonly limit: number },
    ): Promise<readonly Fact[]> =>
      Promise.resolve(
        facts.filter((fact) => fact.node === node && fact.version >= fromVersion).slice(0, limit),
      ),
  };
}

export function factsOf({ steps }: GoldenHistory): readonly Fact[] {
  return steps.flatMap(({ facts }) => facts);
}

/** Processes that came to their end in these facts. */
export function endedProcesses(facts: readonly Fact[]): readonly ProcessId[] {
  return facts.flatMap(({ type, processId }) =>
    type === 'ProcessEnded' && processId !== undefined ? [processId] : [],
  );
}
