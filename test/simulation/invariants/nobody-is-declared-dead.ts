import { fencingTaint } from '../../../adapters/ports/node-marks.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import type { Invariant } from './invariant.js';

/** DESIGN section 6: Kubernetes is told that a machine is out of service only while its power is off. */
export function nobodyIsDeclaredDead(powerOf: (node: NodeKey) => 'On' | 'Off'): Invariant {
  return {
    name: 'a machine is declared out of service only while it is off',
    after: (happening) => {
      if (happening.kind !== 'node patched') return undefined;
      const { node, before, after } = happening;
      const declared = fencingTaint(before) === undefined && fencingTaint(after) !== undefined;
      return declared && powerOf(node) === 'On'
        ? `${node} was declared out of service while it is on`
        : undefined;
    },
  };
}
