import { isolationTaint } from '../../adapters/ports/node-marks.js';
import type { Happening } from '../world/happening.js';
import { BootBook } from './boot-book.js';
import { ClaimBook } from './claim-book.js';
import type { Invariant } from './invariant.js';

type Patch = Extract<Happening, { readonly kind: 'node patched' }>;

/**
 * 5, continued. A node is given back on the boot on which its process saw it last, or had isolated it: what was seen of another
 * one says nothing of this one. The patch holds only for what was seen, so this is exact.
 */
export function givenBackAsItWasSeen(): Invariant {
  const claims = new ClaimBook();
  const boots = new BootBook();
  const judge = (patch: Patch): string | undefined => {
    const { node, before, after, issuedAt } = patch;
    const command = claims.behind(patch)?.command;
    if (command?.type !== 'giveBack') return undefined;
    if (isolationTaint(before) === undefined || isolationTaint(after) !== undefined) return undefined;
    const seenOn = boots.lookedAtOn(command.processId, issuedAt);
    const boot = before.status.nodeInfo?.bootID;
    return seenOn === undefined || seenOn.has(boot)
      ? undefined
      : `${command.processId} gave back ${node} on ${boot ?? 'no boot'} and had seen it on ${[...seenOn].join(', ')}`;
  };
  return {
    name: 'a node is given back only on the boot on which it was seen',
    after: (happening, at) => {
      claims.note(happening, at);
      const violated = happening.kind === 'node patched' ? judge(happening) : undefined;
      boots.note(happening, at);
      return violated;
    },
  };
}
