import type { JsonPatch, KubernetesNode, Taint } from '../../../adapters/ports/kubernetes.js';
import {
  annotation,
  cordonOf,
  cordonedByAnnotation,
  fencedByAnnotation,
  fencingTaint,
  holdAnnotation,
  maintenanceTaint,
  outOfServiceTaint,
} from '../../../adapters/ports/node-marks.js';
import { cordonKept, type CommandResultDetail } from '../../../domain/command.js';
import { asRead, removeTaints, setKeys, type PatchStep } from '../../patch-steps.js';
import { remembers, restoringChanges } from './remembered-annotations.js';

const longestHold = 500;

/**
 * Gives a node back: removes exactly what this owner put there; a cordon of which it is not sure to be ours stays. Undefined: nothing of it is there any more. The patch
 * holds for the node as read, so a hold that a person adds at the same moment makes the server refuse it.
 */
export function giveBackPatch(node: KubernetesNode, owner: string): JsonPatch | undefined {
  if (!hasMarksOf(node, owner)) return undefined;
  const uncordon: PatchStep[] =
    cordonOf(node, owner) === 'ours' ? [{ op: 'remove', path: '/spec/unschedulable' }] : [];
  return [
    ...asRead(node),
    ...removeTaints(node, (taint) => isOurs(taint, node, owner)),
    ...uncordon,
    ...setKeys(node, 'annotations', new Map(markChanges(node, owner))),
  ];
}

/**
 * What is told of a node on which nothing of ours is left: an earlier try may have left its cordon and ended before it could say so.
 * Whose that cordon was is not to be seen any more, so it is told in any case.
 */
export function stillCordoned(node: KubernetesNode): {
  readonly detail: Pick<CommandResultDetail, 'reason'>;
} {
  return { detail: node.spec.unschedulable === true ? { reason: cordonKept } : {} };
}

/** What is told where the cordon of a node that is given back may be a person's, although it was ours at first. */
export function keptCordon(
  node: KubernetesNode,
  owner: string,
): { readonly detail: Pick<CommandResultDetail, 'reason'>; readonly remark: string } {
  if (cordonOf(node, owner) !== 'doubtful') return { detail: {}, remark: '' };
  return {
    ...stillCordoned(node),
    remark:
      '; it stays cordoned, since somebody else cordoned it meanwhile: kubectl uncordon it when it may be used again',
  };
}

/**
 * Leaves a node out of service in a person's hands: everything of this owner goes but the cordon, and a hold says why.
 * A hold that is there already stays. Undefined: that is how it stands.
 */
export function handOverPatch(node: KubernetesNode, owner: string, reason: string): JsonPatch | undefined {
  const held = annotation(node, holdAnnotation);
  if (held !== undefined && node.spec.unschedulable === true && !hasMarksOf(node, owner)) return undefined;
  const cordon: PatchStep[] =
    node.spec.unschedulable === true ? [] : [{ op: 'add', path: '/spec/unschedulable', value: true }];
  const hold = new Map([
    ...markChanges(node, owner),
    [holdAnnotation, held ?? reason.slice(0, longestHold)] as const,
  ]);
  return [
    ...asRead(node),
    ...removeTaints(node, (taint) => isOurs(taint, node, owner)),
    ...cordon,
    ...setKeys(node, 'annotations', hold),
  ];
}

/** Makes Kubernetes give up the pods of a machine that is off. */
export function fencePatch(node: KubernetesNode, owner: string): JsonPatch {
  const taint: Taint = { key: outOfServiceTaint, value: 'nodeshutdown', effect: 'NoExecute' };
  const added: PatchStep =
    node.spec.taints === undefined
      ? { op: 'add', path: '/spec/taints', value: [taint] }
      : { op: 'add', path: '/spec/taints/-', value: taint };
  return [...asRead(node), added, ...setKeys(node, 'annotations', new Map([[fencedByAnnotation, owner]]))];
}

/** Undefined: no out-of-service taint of this owner is there. */
export function unfencePatch(node: KubernetesNode, owner: string): JsonPatch | undefined {
  if (annotation(node, fencedByAnnotation) !== owner) return undefined;
  return [
    ...asRead(node),
    ...removeTaints(node, ({ key }) => key === outOfServiceTaint),
    ...setKeys(node, 'annotations', new Map([[fencedByAnnotation, undefined]])),
  ];
}

function hasMarksOf(node: KubernetesNode, owner: string): boolean {
  return (
    (node.spec.taints ?? []).some((taint) => isOurs(taint, node, owner)) ||
    annotation(node, cordonedByAnnotation) === owner ||
    (annotation(node, fencedByAnnotation) === owner && fencingTaint(node) !== undefined) ||
    remembers(node, owner)
  );
}

function isOurs(taint: Taint, node: KubernetesNode, owner: string): boolean {
  if (taint.key === maintenanceTaint) return taint.value === owner;
  return taint.key === outOfServiceTaint && annotation(node, fencedByAnnotation) === owner;
}

function markChanges(
  node: KubernetesNode,
  owner: string,
): readonly (readonly [string, string | undefined])[] {
  const marks = [cordonedByAnnotation, fencedByAnnotation].filter((key) => annotation(node, key) === owner);
  return [...restoringChanges(node, owner), ...marks.map((key) => [key, undefined] as const)];
}
