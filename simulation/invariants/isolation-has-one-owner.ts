import type { KubernetesNode } from '../../adapters/ports/kubernetes.js';
import { annotation, holdAnnotation, isolationTaint } from '../../adapters/ports/node-marks.js';
import type { Command } from '../../domain/command.js';
import type { NodeKey } from '../../domain/identifiers.js';
import type { Happening } from '../world/happening.js';
import { ClaimBook } from './claim-book.js';
import type { Invariant } from './invariant.js';

type Patch = Extract<Happening, { readonly kind: 'node patched' }>;

/** 3. What a process isolated, it alone returns. A person's cordon and hold stay, and so does what others put there. */
export function isolationHasOneOwner(): Invariant {
  const claims = new ClaimBook();
  /** Nodes whose cordon is a person's, by UID. */
  const cordonedByPerson = new Map<NodeKey, string>();
  const judge = (patch: Patch): string | undefined => {
    const { by, node, before, after } = patch;
    const command = claims.behind(patch)?.command;
    const process = command?.processId;
    if (process === undefined) return `${by} changed ${node} without a claim`;
    const [was, is] = [before, after].map((state) => isolationTaint(state)?.value);
    if (was !== undefined && was !== is && ![process, ownerIn(command)].includes(was.split('.')[1]))
      return `${process} took away the isolation of ${was} on ${node}`;
    if (is !== undefined && was !== is && is.split('.')[1] !== process)
      return `${process} isolated ${node} in the name of ${is}`;
    if (annotation(before, holdAnnotation) !== undefined && annotation(after, holdAnnotation) === undefined)
      return `${process} took a person's hold away from ${node}`;
    if (
      annotation(before, holdAnnotation) !== undefined &&
      was !== undefined &&
      is === undefined &&
      command?.type === 'giveBack'
    )
      return `${process} gave back ${node}, which a person holds`;
    const uncordoned = before.spec.unschedulable === true && after.spec.unschedulable !== true;
    if (uncordoned && cordonedByPerson.get(node) === before.metadata.uid)
      return `${process} took a person's cordon away from ${node}`;
    return foreignTaints(before) === foreignTaints(after)
      ? undefined
      : `${process} changed others' taints on ${node}`;
  };
  return {
    name: "what a process isolated it alone returns, and what is a person's stays",
    after: (happening, at) => {
      claims.note(happening, at);
      if (happening.kind === 'person acted') {
        if (happening.verb === 'cordon') cordonedByPerson.set(happening.node, happening.uid);
        if (happening.verb === 'uncordon') cordonedByPerson.delete(happening.node);
      }
      return happening.kind === 'node patched' ? judge(happening) : undefined;
    },
  };
}

/** The process of a journal that is gone, in whose place this command acts. */
function ownerIn(command: Command | undefined): string | undefined {
  if (command?.type === 'isolateNode') return command.parameters.adopts;
  const letsGo = command?.type === 'reclaimNode' || command?.type === 'handOver';
  return letsGo ? command.parameters.owner : undefined;
}

function foreignTaints(node: KubernetesNode): string {
  const foreign = (node.spec.taints ?? []).filter(
    ({ key }) => !/^(faultline|node\.kubernetes\.io\/out-of-service)/.test(key),
  );
  return JSON.stringify(foreign);
}
