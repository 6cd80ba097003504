import { annotation, holdAnnotation, isolationTaint } from '../../adapters/ports/node-marks.js';
import type { KubernetesNode } from '../../adapters/ports/kubernetes.js';
import type { Happening } from '../world/happening.js';
import { BootBook } from './boot-book.js';
import { ClaimBook } from './claim-book.js';
import { Past } from './past.js';
import type { Invariant } from './invariant.js';

type Harm = Extract<Happening, { readonly kind: 'machine touched' | 'pod told to go' }>;

/** Switching on is the way back, and an eviction asks: Kubernetes itself says no to it. */
function isHarm(happening: Happening): happening is Harm {
  if (happening.kind === 'machine touched') return happening.verb !== 'on';
  return happening.kind === 'pod told to go' && happening.verb === 'delete';
}

/**
 * 2, continued. Before it harms a machine, or the workload on it, a part has looked at its node, and what it saw was isolated
 * by the process that the command is of, not held by a person, and on the boot on which it was isolated. (Another UID would
 * not be isolated.) Between look and request the world may change: nothing can prevent that.
 */
export function onlyTheNodeThatWasMeant(): Invariant {
  const claims = new ClaimBook();
  const looks = new Past<KubernetesNode | undefined>();
  const boots = new BootBook();
  const judge = (harm: Harm): string | undefined => {
    const { by, verb, node, issuedAt } = harm;
    const held = claims.behind(harm);
    const seen = looks.asOf(`${by} ${node}`, issuedAt);
    if (held === undefined) return undefined;
    if (seen === undefined) return `${by} did ${verb} on ${node} without having seen the node`;
    const { processId } = held.command;
    const owner = isolationTaint(seen)?.value?.split('.')[1];
    if (owner !== processId) return `${verb} for ${processId} on ${node}, isolated by ${owner ?? 'nobody'}`;
    if (annotation(seen, holdAnnotation) !== undefined)
      return `${verb} for ${processId} on ${node}, which a person holds`;
    const isolatedOn = boots.isolatedOn(processId, issuedAt);
    const boot = seen.status.nodeInfo?.bootID;
    return isolatedOn === undefined || isolatedOn.has(boot)
      ? undefined
      : `${verb} for ${processId} on ${node}, which runs ${boot ?? 'nothing'} and was isolated on ${[...isolatedOn].join(', ')}`;
  };
  return {
    name: 'harm comes only to a node that its process isolated, that nobody holds and that is still the same',
    after: (happening, at) => {
      claims.note(happening, at);
      boots.note(happening, at);
      if (happening.kind === 'looked') looks.note(`${happening.by} ${happening.node}`, at, happening.seen);
      return isHarm(happening) ? judge(happening) : undefined;
    },
  };
}
