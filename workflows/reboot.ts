import { defineWorkflow } from './maintenance.js';
import { commonStages, heardEverywhere } from './stages/common.js';
import { deleteWorkload, evacuate, requestMigration } from './stages/evacuate.js';
import { isolate, isolateAgain } from './stages/isolate.js';
import { boot, fence, powerOff, powerOn, unfence } from './stages/recover.js';
import { verify } from './stages/verify.js';
import { waitForPerson } from './stages/wait-for-person.js';

/** Off, observed off, on, a new boot id: for kernels that hang and file systems gone read-only. */
export const reboot = defineWorkflow({
  id: 'reboot',
  version: '1',
  initial: 'assessing',
  context: ({ input }) => input,
  on: heardEverywhere,
  states: {
    ...commonStages('poweringOn'),
    isolating: isolate({ done: 'requestingMigration' }),
    requestingMigration: requestMigration({ empty: 'poweringOff', asked: 'evacuating' }),
    evacuating: evacuate({ empty: 'poweringOff', silent: 'poweringOff' }),
    deletingWorkload: deleteWorkload({ empty: 'poweringOff', silent: 'poweringOff' }),
    poweringOff: powerOff({ off: 'poweringOn', offWithWorkload: 'fencing' }),
    fencing: fence({ gone: 'unfencing' }),
    unfencing: unfence({ done: 'poweringOn' }),
    poweringOn: powerOn({ on: 'booting' }),
    booting: boot({ booted: 'verifying', reappeared: 'isolatingAgain' }),
    isolatingAgain: isolateAgain({ done: 'booting' }),
    verifying: verify({ healthy: 'returning', deadline: 'escalating' }),
    waitingForPerson: waitForPerson({ retry: 'isolating', verify: 'verifying', powerOn: 'poweringOn' }),
  },
});
