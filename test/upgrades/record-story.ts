import { activePolicy, node, type DecidedNode } from '../services/maintenance/decide/decided-node.js';
import type { RecordedHistory } from './record-histories.js';

/** What was decided about a node that was told of by hand. */
export function recordStory(name: string, { decided, state }: DecidedNode): RecordedHistory {
  const steps = decided.flatMap(({ input, decision }) =>
    decision.facts.length === 0 ? [] : [{ input, ...decision }],
  );
  return { name, node, rules: { policy: activePolicy, epoch: 1 }, steps, state };
}
