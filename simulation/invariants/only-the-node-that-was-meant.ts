import { isolationTaint } from '../../adapters/ports/node-marks.js';
import type { KubernetesNode } from '../../adapters/ports/kubernetes.js';
import type { Happening } from '../world/happening.js';
import { ClaimBook } from './claim-book.js';
import { Past } from './past.js';
import type { Invariant } from './invariant.js';

/**
 * 2, continued. Before it harms a machine a part has looked at its node, and what it saw was isolated by the process
 * that the command is of, not held by a person, and the same UID and boot as when it was isolated. Between look and request the
 * world may change: nothing can prevent that.
 */
export function onlyTheNodeThatWasMeant(): Invariant {
  const claims = new ClaimBook();
  const looks = new Past<KubernetesNode | undefined>();
  const judge = (touch: Extract<Happening, { kind: 'machine touched' }>): string | undefined => {
    const { by, verb, node, issuedAt } = touch;
    const held = claims.behind(touch);
    const seen = looks.asOf(`${by} ${node}`, issuedAt);
    if (held === undefined || verb === 'on') return undefined;
    if (seen === undefined) return `${by} did ${verb} on ${node} without having seen the node`;
    const { processId, expected } = held.command;
    const owner = isolationTaint(seen)?.value?.split('.')[1];
    if (owner !== processId) return `${verb} for ${processId} on ${node}, isolated by ${owner ?? 'nobody'}`;
    if (expected.nodeUid !== undefined && expected.nodeUid !== seen.metadata.uid)
      return `${verb} on another incarnation of ${node}`;
    const boot = seen.status.nodeInfo?.bootID;
    return expected.bootId !== undefined && expected.bootId !== boot
      ? `${verb} on another boot of ${node}`
      : undefined;
  };
  return {
    name: 'harm comes only to a node that its process isolated and that is still the same',
    after: (happening, at) => {
      claims.note(happening, at);
      if (happening.kind === 'looked') looks.note(`${happening.by} ${happening.node}`, at, happening.seen);
      return happening.kind === 'machine touched' ? judge(happening) : undefined;
    },
  };
}
