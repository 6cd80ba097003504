import { defineWorkflow, maintenance } from './maintenance.js';
import { commonStages, heardEverywhere } from './stages/common.js';
import { deleteWorkload, evacuate, requestMigration } from './stages/evacuate.js';
import { isolate, isolateAgain } from './stages/isolate.js';
import { awaitRepair, boot, fence, openTicket, powerOff, powerOn, unfence } from './stages/recover.js';
import { verify } from './stages/verify.js';
import { waitForPerson } from './stages/wait-for-person.js';

/** The machine is switched off and people repair it; or, where the recipe says so, they repair it while it runs. */
export const hardwareRepair = defineWorkflow({
  id: 'hardware-repair',
  version: '1',
  initial: 'assessing',
  context: ({ input }) => input,
  on: heardEverywhere,
  states: {
    ...commonStages('poweringOn'),
    isolating: isolate({ done: 'requestingMigration' }),
    requestingMigration: requestMigration({ empty: 'preparingRepair', asked: 'evacuating' }),
    evacuating: evacuate({ empty: 'preparingRepair', silent: 'poweringOff' }),
    deletingWorkload: deleteWorkload({ empty: 'preparingRepair', silent: 'poweringOff' }),
    preparingRepair: maintenance.createStateConfig({
      always: [{ guard: 'powersOffForRepair', target: 'poweringOff' }, { target: 'openingTicket' }],
    }),
    poweringOff: powerOff({ off: 'openingTicket', offWithWorkload: 'fencing' }),
    fencing: fence({ gone: 'unfencing' }),
    unfencing: unfence({ done: 'openingTicket' }),
    openingTicket: openTicket({ opened: 'repairing' }),
    repairing: awaitRepair({ repaired: 'poweringOn', repairedWhileOn: 'verifying' }),
    poweringOn: powerOn({ on: 'booting' }),
    booting: boot({ booted: 'verifying', reappeared: 'isolatingAgain' }),
    isolatingAgain: isolateAgain({ done: 'booting' }),
    verifying: verify({ healthy: 'returning', deadline: 'escalating' }),
    waitingForPerson: waitForPerson({ retry: 'isolating', verify: 'verifying', powerOn: 'poweringOn' }),
  },
});
