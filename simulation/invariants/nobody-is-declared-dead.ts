import type { KubernetesNode } from '../../adapters/ports/kubernetes.js';
import { fencingTaint } from '../../adapters/ports/node-marks.js';
import type { PowerState } from '../../adapters/ports/power.js';
import type { NodeKey } from '../../domain/identifiers.js';
import type { Happening } from '../world/happening.js';
import type { Invariant } from './invariant.js';
import { Past } from './past.js';

type Patch = Extract<Happening, { readonly kind: 'node patched' }>;

/**
 * DESIGN section 6: Kubernetes is told that a machine is out of service only by who has seen last that its power is off, and
 * no machine is switched on while that is said of it. (Between look and request a person may switch it on: nothing can
 * prevent that.)
 */
export function nobodyIsDeclaredDead(site: {
  readonly nodeOf: (node: NodeKey) => KubernetesNode | undefined;
}): Invariant {
  const looks = new Past<PowerState['power']>();
  const judge = ({ by, node, before, after, issuedAt }: Patch): string | undefined => {
    if (fencingTaint(before) !== undefined || fencingTaint(after) === undefined) return undefined;
    const seen = looks.asOf(`${by} ${node}`, issuedAt);
    return seen === 'Off'
      ? undefined
      : `${by} declared ${node} out of service and had seen it ${seen ?? 'never'}`;
  };
  return {
    name: 'a machine is declared out of service only while it is off, and not switched on while it is',
    after: (happening, at) => {
      if (happening.kind === 'power looked at')
        looks.note(`${happening.by} ${happening.node}`, at, happening.power);
      if (happening.kind === 'machine touched' && happening.verb === 'on') {
        const node = site.nodeOf(happening.node);
        return node !== undefined && fencingTaint(node) !== undefined
          ? `${happening.node} was switched on while it is declared out of service`
          : undefined;
      }
      return happening.kind === 'node patched' ? judge(happening) : undefined;
    },
  };
}
