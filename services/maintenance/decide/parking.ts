import type { Decision } from '../../../domain/decision.js';
import type { NodeState, Parked } from '../../../domain/node-state.js';
import type { Input } from '../../../domain/signal.js';
import type { Admission, Deciding } from '../../../adapters/ports/journal.js';
import { knowsWorkflow, UnknownWorkflow } from '../../../workflows/catalog.js';
import { decisionOf, draftOf, record, type Rules } from './draft.js';

function isRetry(input: Input): boolean {
  return input.kind === 'signal' && input.signal.kind === 'RetryParked';
}

function isOrder(input: Input): boolean {
  return input.kind === 'signal' && input.signal.kind === 'Order';
}

function knowsItsWorkflow({ process }: NodeState): boolean {
  return process === undefined || knowsWorkflow(process.workflow, process.workflowVersion);
}

/**
 * Inputs of a parked node wait; orders do not, and have tried again what waits. A node that waits for its workflow is
 * taken up by the first input that comes to a copy which knows it.
 */
export function admit(state: NodeState, input: Input): Admission {
  const { parked } = state;
  if (parked === undefined) return 'decide';
  if (parked.kind === 'failed') return isRetry(input) || isOrder(input) ? 'decide-then-take-up' : 'wait';
  if (knowsItsWorkflow(state)) return isRetry(input) ? 'decide-then-take-up' : 'wait-then-take-up';
  return isRetry(input) || isOrder(input) ? 'decide' : 'wait';
}

function parkedAgain({ parked }: NodeState, error: Error, at: number): Parked {
  return {
    kind: error instanceof UnknownWorkflow ? 'unknown-workflow' : 'failed',
    reason: error.message.slice(0, 500),
    since: parked?.since ?? at,
    attempts: (parked?.attempts ?? 0) + 1,
    triedAt: at,
  };
}

/** What is decided when an input could not be: its node is parked, visibly. An order is refused instead. */
export function parkBy(rules: Rules): Deciding['park'] {
  return (state, input, error): Decision => {
    const draft = draftOf(rules, state, input);
    if (input.kind === 'signal' && input.signal.kind === 'Order') {
      const { kind, subject, reason, processId } = input.signal.order;
      const refusal = error.message.slice(0, 500);
      record(draft, { type: 'OrderRefused', processId, data: { kind, subject, reason, refusal } });
      return decisionOf(draft);
    }
    const parked = parkedAgain(state, error, draft.at);
    const { kind, reason, attempts } = parked;
    const processId = state.process?.id;
    record(
      draft,
      {
        type: 'NodeParked',
        ...(processId === undefined ? {} : { processId }),
        data: { kind, reason, attempts, input: input.kind },
      },
      (before) => ({ ...before, parked }),
    );
    return decisionOf(draft);
  };
}

/** What is decided when everything that waited was taken up. */
export function unparkBy(rules: Rules): Deciding['unpark'] {
  return (state, input): Decision => {
    const draft = draftOf(rules, state, input);
    const processId = state.process?.id;
    record(
      draft,
      { type: 'NodeUnparked', ...(processId === undefined ? {} : { processId }), data: {} },
      ({ parked: _over, ...unparked }) => unparked,
    );
    return decisionOf(draft);
  };
}
