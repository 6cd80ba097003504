import type { KubernetesNode } from '../../adapters/ports/kubernetes.js';
import { fencingTaint } from '../../adapters/ports/node-marks.js';
import type { NodeKey } from '../../domain/identifiers.js';
import type { Invariant } from './invariant.js';

/**
 * DESIGN section 6: Kubernetes is told that a machine is out of service only while its power is off, and no machine is
 * switched on while that is said of it.
 */
export function nobodyIsDeclaredDead(site: {
  readonly powerOf: (node: NodeKey) => 'On' | 'Off';
  readonly nodeOf: (node: NodeKey) => KubernetesNode | undefined;
}): Invariant {
  return {
    name: 'a machine is declared out of service only while it is off, and not switched on while it is',
    after: (happening) => {
      if (happening.kind === 'machine touched' && happening.verb === 'on') {
        const node = site.nodeOf(happening.node);
        return node !== undefined && fencingTaint(node) !== undefined
          ? `${happening.node} was switched on while it is declared out of service`
          : undefined;
      }
      if (happening.kind !== 'node patched') return undefined;
      const { node, before, after } = happening;
      const declared = fencingTaint(before) === undefined && fencingTaint(after) !== undefined;
      return declared && site.powerOf(node) === 'On'
        ? `${node} was declared out of service while it is on`
        : undefined;
    },
  };
}
