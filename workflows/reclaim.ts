import { defineWorkflow, maintenance } from './maintenance.js';
import { handOver } from './stages/give-back.js';
import { reclaimNode } from './stages/reclaim-node.js';
import { settle } from './stages/settle.js';
import { askPerson } from './stages/steps.js';
import { takeOver } from './stages/climb.js';
import { heardEverywhere } from './stages/common.js';
import { verify } from './stages/verify.js';
import { waitForPerson } from './stages/wait-for-person.js';

/**
 * A node carries our isolation, but no process of this journal put it there: the journal was lost or restored. It is
 * given back only when it is observed to be well now; where many are found at once, or it is not well, a person decides.
 */
export const reclaim = defineWorkflow({
  id: 'reclaim',
  version: '1',
  initial: 'assessing',
  context: ({ input }) => input,
  on: heardEverywhere,
  states: {
    assessing: maintenance.createStateConfig({
      entry: 'enterStage',
      always: [
        { guard: 'exhausted', ...askPerson('many isolated nodes that no process knows were found at once') },
        { target: 'verifying' },
      ],
    }),
    verifying: verify({ healthy: 'returning', deadline: 'escalating' }),
    escalating: maintenance.createStateConfig({
      entry: 'enterStage',
      always: askPerson('isolated without a process, and not seen to be well'),
    }),
    returning: reclaimNode(),
    settling: settle({ isolate: 'verifying', verify: 'verifying', powerOn: 'verifying' }),
    takingOver: takeOver(),
    handingOver: handOver(),
    waitingForPerson: waitForPerson({ retry: 'verifying', verify: 'verifying' }),
    recovered: { type: 'final' },
    cancelled: { type: 'final' },
    handedToHuman: { type: 'final' },
    retired: { type: 'final' },
  },
});
