import type {
  Command,
  CommandResultDetail,
  CommandType,
  NodeObservation,
  ResultStatus,
} from '../../domain/command.js';
import type { NodeName } from '../../domain/identifiers.js';
import type { Clock } from '../../adapters/ports/clock.js';
import type { KubernetesCluster, KubernetesNode } from '../../adapters/ports/kubernetes.js';
import type { PowerController } from '../../adapters/ports/power.js';
import type { MachineActions, TicketSystem } from '../../adapters/ports/work-orders.js';
import type { ExecutorSettings } from './settings.js';

export type CommandOf<Type extends CommandType> = Extract<Command, { readonly type: Type }>;

/** A sentence for `kubectl describe node`, told when the result is settled. */
export interface Story {
  readonly node: KubernetesNode;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** How one try of a command ended. */
export type Ending =
  | {
      readonly kind: 'settle';
      readonly status: Exclude<ResultStatus, 'revoked' | 'withheld'>;
      readonly detail: CommandResultDetail;
      readonly story?: Story;
    }
  /** Surely nothing irreversible was begun: try again, after a back-off or `afterMs`. */
  | { readonly kind: 'later'; readonly reason: string; readonly afterMs?: number }
  /** The claim is not ours any more, or this copy is stopping: whoever claims it next observes how it ended. */
  | { readonly kind: 'lost' };

/** After the look at the present: it is settled already, or it is to be done. */
export type Next =
  | Ending
  | {
      readonly kind: 'act';
      /** Pool of the node, if it was read. */
      readonly pool?: string;
      /** What was seen, to be told also where the pool's mode withholds the effect. */
      readonly observation?: NodeObservation;
      /** Runs under a claim. What was read is its precondition. */
      readonly act: () => Promise<Ending>;
    };

/** What an effect may use. One per try. */
export interface World {
  readonly cluster: KubernetesCluster;
  readonly nodeName: NodeName;
  readonly power: PowerController | undefined;
  readonly tickets: TicketSystem | undefined;
  readonly actions: MachineActions | undefined;
  readonly clock: Clock;
  readonly settings: ExecutorSettings;
  /** An earlier try began and nobody saw how it ended. */
  readonly unfinishedAttempt: boolean;
  /** Prolongs the claim. False: it is not ours any more. */
  readonly keepClaim: () => Promise<boolean>;
  readonly stopping: AbortSignal;
}

/**
 * One effect: looks at the present, outside any transaction and without writing, and says what is to be done. What it
 * returns as `act` is called at most once, after the claim.
 */
export type Effect<Type extends CommandType> = (command: CommandOf<Type>, world: World) => Promise<Next>;

export function settled(
  status: Exclude<ResultStatus, 'revoked' | 'withheld'>,
  detail: CommandResultDetail,
  story?: Story,
): Ending {
  return { kind: 'settle', status, detail, ...(story === undefined ? {} : { story }) };
}

export function done(detail: CommandResultDetail, story?: Story): Ending {
  return settled('done', detail, story);
}

export function failed(reason: string, detail: CommandResultDetail = {}): Ending {
  return settled('failed', { ...detail, reason });
}

export function unneeded(reason: string, observation?: NodeObservation): Ending {
  return settled('unneeded', { reason, ...(observation === undefined ? {} : { observation }) });
}

export const nodeGone: Ending = settled('unneeded', { reason: 'NodeGone', nodeGone: true });
