import type { Command } from '../../domain/command.js';
import type { Next, World } from './effect.js';
import { checkTicket } from './effects/check-ticket.js';
import { deleteWorkload } from './effects/delete-workload.js';
import { fenceWorkload } from './effects/fence-workload.js';
import { giveBack } from './effects/give-back.js';
import { handOver } from './effects/hand-over.js';
import { isolateNode } from './effects/isolate-node.js';
import { observeNode } from './effects/observe-node.js';
import { observeWorkload } from './effects/observe-workload.js';
import { openTicket } from './effects/open-ticket.js';
import { powerOff } from './effects/power-off.js';
import { powerOn } from './effects/power-on.js';
import { reclaimNode } from './effects/reclaim-node.js';
import { reimage } from './effects/reimage.js';
import { requestMigration } from './effects/request-migration.js';
import { restartComponent } from './effects/restart-component.js';
import { unfenceWorkload } from './effects/unfence-workload.js';

/** Looks at the present for a command. One case per command type; a new type does not compile until it has one. */
export function lookAtPresent(command: Command, world: World): Promise<Next> {
  switch (command.type) {
    case 'observeNode':
      return observeNode(command, world);
    case 'observeWorkload':
      return observeWorkload(command, world);
    case 'isolateNode':
      return isolateNode(command, world);
    case 'requestMigration':
      return requestMigration(command, world);
    case 'deleteWorkload':
      return deleteWorkload(command, world);
    case 'restartComponent':
      return restartComponent(command, world);
    case 'powerOff':
      return powerOff(command, world);
    case 'fenceWorkload':
      return fenceWorkload(command, world);
    case 'unfenceWorkload':
      return unfenceWorkload(command, world);
    case 'powerOn':
      return powerOn(command, world);
    case 'reimage':
      return reimage(command, world);
    case 'openTicket':
      return openTicket(command, world);
    case 'checkTicket':
      return checkTicket(command, world);
    case 'giveBack':
      return giveBack(command, world);
    case 'reclaimNode':
      return reclaimNode(command, world);
    case 'handOver':
      return handOver(command, world);
  }
}
