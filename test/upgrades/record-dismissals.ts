import { DecidedNode } from '../services/maintenance/decide/decided-node.js';
import type { RecordedHistory } from './record-histories.js';
import { recordStory } from './record-story.js';

const type = 'KernelDeadlock';

/** Hardly any schedule has a person go on with what a person dismissed, so this is told by hand: by each order that does. */
export function recordDismissals(): readonly RecordedHistory[] {
  return (['retry', 'skip', 'repaired'] as const).map((order) => {
    const found = new DecidedNode();
    found.report(type, { evidence: { condition: type, status: 'True' } });
    found.isolate();
    found.order('dismiss');
    found.answer('requestMigration', 'revoked');
    looksWell(found, 'True');
    found.answer('giveBack', 'failed');
    found.order(order);
    if (order !== 'retry') looksWell(found, 'False');
    return recordStory(`a dismissed fault that a person goes on with (${order})`, found);
  });
}

function looksWell(found: DecidedNode, status: 'True' | 'False'): void {
  const observation = { ...found.observation(), conditions: { [type]: status } };
  found.answer('observeNode', 'done', { observation });
  found.fire('verify-check');
  found.answer('observeNode', 'done', { observation });
}
