import type { KubernetesNode } from '../../adapters/ports/kubernetes.js';
import { annotation, holdAnnotation, isolationTaint } from '../../adapters/ports/node-marks.js';
import type { Command } from '../../domain/command.js';
import type { NodeKey, ProcessId } from '../../domain/identifiers.js';
import type { Happening } from '../world/happening.js';
import { ClaimBook } from './claim-book.js';
import type { Invariant } from './invariant.js';
import { ReportBook } from './report-book.js';

type Patch = Extract<Happening, { readonly kind: 'node patched' }>;

/** Whether a machine really has this fault now. */
export type IsIll = (node: NodeKey, faultType: string) => boolean;

/**
 * A node is taken out of service only as it stands at that moment: the same object, with a condition that still says so, and held
 * by nobody; and where only earlier boots were reported, because the machine is ill on this one too. The patch holds only for
 * what was seen, so this is exact.
 */
export function isolatedForWhatIsSo(isIll: IsIll): Invariant {
  const claims = new ClaimBook();
  const reports = new ReportBook();
  const isolatedBefore = new Set<ProcessId>();
  const isOfThePast = (
    before: KubernetesNode,
    { node, faultType, processId }: Command,
  ): string | undefined => {
    // Once it holds the node it goes on whatever the boot, and a person may have it go on.
    if (isolatedBefore.has(processId) || isIll(node, faultType)) return undefined;
    return reports.whyPast({ node, faultType, processId }, before.status.nodeInfo?.bootID);
  };
  const judge = (patch: Patch): string | undefined => {
    const { node, before, after } = patch;
    if (isolationTaint(before) !== undefined || isolationTaint(after) === undefined) return undefined;
    const command = claims.behind(patch)?.command;
    const why =
      command === undefined
        ? 'nobody asked for it'
        : (whyNot(before, command) ?? isOfThePast(before, command));
    if (command !== undefined) isolatedBefore.add(command.processId);
    return why === undefined ? undefined : `${node} was isolated although ${why}`;
  };
  return {
    name: 'a node is isolated only for what is so at that moment',
    after: (happening, at) => {
      claims.note(happening, at);
      reports.note(happening);
      return happening.kind === 'node patched' ? judge(happening) : undefined;
    },
  };
}

function whyNot(node: KubernetesNode, { expected, ...command }: Command): string | undefined {
  if (annotation(node, holdAnnotation) !== undefined) return 'a person holds it';
  if (expected.nodeUid !== undefined && expected.nodeUid !== node.metadata.uid) return 'it is another node';
  if (command.type !== 'isolateNode') return `the command is to ${command.type}`;
  const { reportedBootId, stillFiring } = command.parameters;
  const boot = node.status.nodeInfo?.bootID;
  if (reportedBootId !== undefined && boot !== undefined && boot !== reportedBootId)
    return `${reportedBootId} was reported and it runs ${boot}`;
  if (stillFiring === undefined) return undefined;
  const now = node.status.conditions?.find(({ type }) => type === stillFiring.condition)?.status;
  const good = stillFiring.condition === 'Ready' || stillFiring.status === 'False' ? 'True' : 'False';
  return now === good ? `${stillFiring.condition} is ${now}` : undefined;
}
