import { defineWorkflow } from './maintenance.js';
import { commonStages, heardEverywhere } from './stages/common.js';
import { deleteWorkload, evacuate, requestMigration } from './stages/evacuate.js';
import { isolate, isolateAgain } from './stages/isolate.js';
import { boot, fence, powerOff, powerOn, reimage, unfence } from './stages/recover.js';
import { verify } from './stages/verify.js';
import { waitForPerson } from './stages/wait-for-person.js';

/** A fresh image, a new boot id, the same machine under its name again. Never while workload is left. */
export const reinstall = defineWorkflow({
  id: 'reinstall',
  version: '1',
  initial: 'assessing',
  context: ({ input }) => input,
  on: heardEverywhere,
  states: {
    ...commonStages('poweringOn'),
    isolating: isolate({ done: 'requestingMigration' }),
    requestingMigration: requestMigration({ empty: 'reimaging', asked: 'evacuating' }),
    evacuating: evacuate({ empty: 'reimaging', silent: 'poweringOff' }),
    deletingWorkload: deleteWorkload({ empty: 'reimaging', silent: 'poweringOff' }),
    poweringOff: powerOff({ off: 'fencing', offWithWorkload: 'fencing' }),
    fencing: fence({ gone: 'unfencing' }),
    unfencing: unfence({ done: 'reimaging' }),
    reimaging: reimage({ started: 'booting' }),
    booting: boot({ booted: 'verifying', reappeared: 'isolatingAgain' }),
    isolatingAgain: isolateAgain({ done: 'booting' }),
    poweringOn: powerOn({ on: 'booting' }),
    verifying: verify({ healthy: 'returning', deadline: 'escalating' }),
    waitingForPerson: waitForPerson({ retry: 'isolating', verify: 'verifying', powerOn: 'poweringOn' }),
  },
});
