import type { ProcessId } from '../../domain/identifiers.js';
import { cloudEventHeaders } from '../../schemas/cloud-events.js';
import type { Crew } from '../parts/crew.js';
import type { Agents } from '../world/agents.js';
import type { Outside } from '../world/outside.js';
import type { Site } from '../world/site.js';
import type { People } from '../world/people.js';
import type { MachineHall } from '../world/machine-hall.js';
import type { Scripted } from './script.js';

/** Everybody whom a script can make do something. */
export interface Cast {
  readonly site: Site;
  readonly hall: MachineHall;
  readonly crew: Crew;
  readonly agents: Agents;
  readonly people: People;
  readonly outside: Outside;
  /** Every copy ends, and begins anew on an empty journal. @param restored under the id of the one before */
  loseJournal(restored: boolean): void;
  /** The process that last began on a node, as subscribers know it. */
  processOf(node: string): ProcessId | undefined;
}

/** Makes one scripted thing happen now. */
export function play(cast: Cast, scripted: Scripted): void {
  switch (scripted.what) {
    case 'a part is killed':
      cast.crew.crash(scripted.part);
      break;
    case 'a part is stopped':
      cast.crew.stop(scripted.part);
      break;
    case 'a part loses its membership':
      cast.crew.loseMembership(scripted.part);
      break;
    case 'an old report comes again':
      cast.agents.report(scripted.node, scripted.type, 'firing', `${scripted.node}-boot-${scripted.boot}`);
      break;
    case 'a strange report':
      cast.agents.report(scripted.node, scripted.type, 'firing', undefined);
      break;
    case 'bytes that nobody can read':
      writeUnreadable(cast, scripted.topic);
      break;
    case 'the journal is lost':
      cast.loseJournal(scripted.restored);
      break;
    case 'claims are taken away':
      void cast.outside.takeClaims();
      break;
    case 'a person cordons':
    case 'a person uncordons':
      cast.people.cordon(scripted.node, scripted.what === 'a person cordons');
      break;
    case 'a person holds':
    case 'a person unholds':
      cast.people.hold(scripted.node, scripted.what === 'a person holds');
      break;
    case 'a person takes the taint away':
      cast.people.takeTaintAway(scripted.node);
      break;
    case 'a person orders':
      cast.people.order(scripted.node, scripted.order, cast.processOf(scripted.node));
      break;
    default:
      playOnSite(cast, scripted);
  }
}

function playOnSite(
  { site, hall }: Cast,
  scripted: Extract<
    Scripted,
    {
      readonly what:
        | 'a machine fails'
        | 'a machine reboots by itself'
        | 'a kubelet falls silent'
        | 'a machine that goes off is switched on by hand'
        | 'a node is deleted'
        | 'a pod may not be disrupted';
    }
  >,
): void {
  const machine = hall.machine(scripted.node);
  if (scripted.what === 'a machine fails') {
    const { defect, fadesAfterMs } = scripted;
    machine.fail(defect);
    if (fadesAfterMs !== undefined) {
      site.agenda.after(fadesAfterMs, () => {
        machine.fade(defect.type);
      });
    }
  } else if (scripted.what === 'a machine reboots by itself') {
    if (machine.running) machine.reboot();
  } else if (scripted.what === 'a kubelet falls silent') machine.fallSilent();
  else if (scripted.what === 'a machine that goes off is switched on by hand')
    machine.switchOnAfterOff(scripted.afterMs);
  else if (scripted.what === 'a pod may not be disrupted') {
    site.budgets.set(`web-${scripted.node}`, site.agenda.now + scripted.forMs);
  } else {
    site.deleteNode(scripted.node);
    if (scripted.returnsAfterMs !== undefined) {
      site.agenda.after(scripted.returnsAfterMs, () => {
        hall.register(scripted.node);
      });
    }
  }
}

function writeUnreadable({ outside, site }: Cast, topic: string): void {
  const headers = cloudEventHeaders({
    event: 'Signal',
    id: site.random.uuid(),
    source: '/somebody',
    time: site.agenda.now,
    subject: 'a/n1',
  });
  outside.write({
    topic,
    key: 'a/n1',
    value: Buffer.from('no avro'),
    headers: { ...headers, unreadable: 'yes' },
  });
}
