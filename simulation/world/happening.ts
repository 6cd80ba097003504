import type { BudgetClaim } from '../../adapters/ports/journal.js';
import type { KubernetesNode, KubernetesPod } from '../../adapters/ports/kubernetes.js';
import type { PowerState } from '../../adapters/ports/power.js';
import type { Command, CommandResult } from '../../domain/command.js';
import type { NodeKey } from '../../domain/identifiers.js';
import type { Published } from './subscriber.js';

/**
 * What an outsider sees: requests that reached Kubernetes, BMCs and provisioners, records that the log took, and who
 * held which command meanwhile. Invariants know nothing else. `by`: the part that did it.
 */
export type Happening =
  | {
      readonly kind: 'looked';
      readonly by: string;
      readonly node: NodeKey;
      readonly seen: KubernetesNode | undefined;
    }
  | {
      readonly kind: 'power looked at';
      readonly by: string;
      readonly node: NodeKey;
      readonly power: PowerState['power'];
    }
  | {
      readonly kind: 'claimed';
      readonly by: string;
      readonly command: Command;
      readonly budgets: readonly BudgetClaim[];
      /** 1 for the first. */
      readonly attempt: number;
      /** When the request for it was sent. */
      readonly issuedAt: number;
      /** True time at which the claim runs out. */
      readonly until: number;
    }
  | { readonly kind: 'prolonged'; readonly by: string; readonly command: Command; readonly until: number }
  | {
      readonly kind: 'let go';
      readonly by: string;
      readonly command: Command;
      readonly result?: CommandResult;
    }
  | {
      readonly kind: 'node patched';
      readonly by: string;
      readonly node: NodeKey;
      readonly before: KubernetesNode;
      readonly after: KubernetesNode;
      /** When the request was sent; it arrives now. */
      readonly issuedAt: number;
    }
  | {
      readonly kind: 'pod told to go';
      readonly by: string;
      readonly verb: 'evict' | 'delete';
      readonly node: NodeKey;
      readonly pod: KubernetesPod;
      readonly issuedAt: number;
    }
  | {
      readonly kind: 'machine touched';
      readonly by: string;
      readonly verb: 'forceOff' | 'on' | 'reimage' | 'restart-component';
      readonly node: NodeKey;
      /** When the request was sent; it arrives now. */
      readonly issuedAt: number;
    }
  /** A person changed a node by hand. */
  | {
      readonly kind: 'person acted';
      readonly verb: 'cordon' | 'uncordon' | 'hold' | 'unhold' | 'untaint';
      readonly node: NodeKey;
      readonly uid: string;
    }
  | { readonly kind: 'inventory told'; readonly cluster: string }
  /** Every copy was stopped, and an empty journal stands where the other one was. */
  | { readonly kind: 'journal lost'; readonly installation: string }
  /** A report was acknowledged to whoever made it. */
  | { readonly kind: 'acknowledged'; readonly reportId: string }
  | { readonly kind: 'published'; readonly record: Published };

export type Listener = (happening: Happening, at: number) => void;
