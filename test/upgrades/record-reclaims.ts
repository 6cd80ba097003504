import type { NodeUid, ProcessId } from '../../domain/identifiers.js';
import { DecidedNode } from '../services/maintenance/decide/decided-node.js';
import type { RecordedHistory } from './record-histories.js';
import { recordStory } from './record-story.js';

/** No simulated schedule loses its journal, so these are told by hand: the ways of a `reclaim` process. */
const stories: Readonly<Record<string, (node: DecidedNode) => void>> = {
  'is given back': (found) => {
    looksWell(found);
    found.answer('reclaimNode', 'done');
  },
  'asks a person, who has it tried again': (found) => {
    found.overdue('verify-deadline');
    found.order('retry');
    looksWell(found);
    found.answer('reclaimNode', 'done');
  },
  'is handed over': (found) => {
    found.answer('observeNode', 'failed');
    found.overdue('verify-deadline');
    found.order('abort');
    found.answer('handOver', 'done');
  },
  'is adopted by a fault': (found) => {
    found.report('DiskFailure');
    found.answer('observeNode', 'revoked');
    found.isolate();
  },
  'is gone': (found) => {
    found.change({ change: 'deleted' });
    found.answer('observeNode', 'done', { nodeGone: true });
  },
};

function looksWell(found: DecidedNode): void {
  found.answer('observeNode', 'done', { observation: found.observation() });
  found.fire('verify-check');
  found.answer('observeNode', 'done', { observation: found.observation() });
}

export function recordReclaims(): readonly RecordedHistory[] {
  return Object.entries(stories).map(([name, tell]) => {
    const found = new DecidedNode();
    const processId = 'p-unknown000000000' as ProcessId;
    const orphan = { owner: `inst1.${processId}`, processId, nodeUid: 'u1' as NodeUid, atOnce: 1 };
    found.signal({ kind: 'OrphanFound', orphan });
    tell(found);
    return recordStory(`an orphan that ${name}`, found);
  });
}
