import { defineWorkflow } from './maintenance.js';
import { commonStages, heardEverywhere } from './stages/common.js';
import { isolate } from './stages/isolate.js';
import { restartComponent } from './stages/recover.js';
import { verify } from './stages/verify.js';
import { waitForPerson } from './stages/wait-for-person.js';

/** Kubelet or container runtime is restarted; pods survive that, so nothing has to move. */
export const componentRestart = defineWorkflow({
  id: 'component-restart',
  version: '1',
  initial: 'assessing',
  context: ({ input }) => input,
  on: heardEverywhere,
  states: {
    ...commonStages(),
    isolating: isolate({ done: 'restartingComponent' }),
    restartingComponent: restartComponent({ restarted: 'verifying' }),
    verifying: verify({ healthy: 'returning', deadline: 'escalating' }),
    waitingForPerson: waitForPerson({ retry: 'isolating', verify: 'verifying' }),
  },
});
