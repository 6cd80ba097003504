import type { Operation } from './command.js';
import type { NodeKey } from './identifiers.js';

/** Leave that is asked for: to do one risky operation to one node. */
export interface PermitRequest {
  readonly operation: Operation;
  readonly node: NodeKey;
  /** Who wants to do it: `faultline`, or the subject that asked over HTTP. */
  readonly owner: string;
  readonly faultType?: string;
  /** Who reported the fault first. */
  readonly reporter?: string;
}
