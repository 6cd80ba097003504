import type { Command } from '../../domain/command.js';
import { nodeKey, type CommandId, type NodeKey, type ProcessId } from '../../domain/identifiers.js';
import { topicsOf } from '../../schemas/catalog.js';
import { signalRecord } from '../../services/input-records.js';
import { Crew } from '../parts/crew.js';
import { everyPart } from '../parts/parts.js';
import { policyOf, settings } from '../parts/policy.js';
import { JournalShelf } from '../parts/journal-shelf.js';
import { partitions, schemaIds, type Installation, type Overhear } from '../parts/ports.js';
import { WitnessedLog } from '../parts/witnessed.js';
import type { Surroundings } from '../scheduler/incarnation.js';
import { partClock } from '../scheduler/part-clock.js';
import { seeded } from '../scheduler/seeded.js';
import { Agents } from '../world/agents.js';
import type { Happening, Listener } from '../world/happening.js';
import { Business } from '../world/business.js';
import { hardwareOf } from '../world/hall-hardware.js';
import { MachineHall } from '../world/machine-hall.js';
import { Outside } from '../world/outside.js';
import { People } from '../world/people.js';
import { Senders } from '../world/senders.js';
import { Site } from '../world/site.js';
import type { Cast } from './play.js';
import type { Script } from './script.js';

export interface Built {
  readonly cast: Cast;
  readonly installation: Installation;
  /** Processes that subscribers saw begin and not end, with the stage they are in. */
  readonly active: ReadonlyMap<NodeKey, { readonly processId: ProcessId; readonly stage: string }>;
}

/** Builds site and installation and starts every part. `judge` hears everything that happens. */
export async function build(
  surroundings: Surroundings,
  script: Script,
  { judge, overhear }: { readonly judge: Listener; readonly overhear?: Overhear | undefined },
): Promise<Built> {
  const { agenda, seed } = surroundings;
  const active = new Map<NodeKey, { processId: ProcessId; stage: string }>();
  const listeners: Listener[] = [
    judge,
    (happening) => {
      follow(active, happening);
    },
  ];
  const site = new Site({
    agenda,
    seed,
    listener: (happening, at) => {
      for (const listen of listeners) listen(happening, at);
    },
  });
  const hall = new MachineHall(site, script.nodes);
  const shelf = new JournalShelf(seeded(seed, 'installation'));
  const installation = await install(surroundings, script, { site, hall, shelf, overhear });
  const outside = new Outside(surroundings, installation);
  const random = seeded(seed, 'people');
  const people = new People(site, hall, random, (node, { kind, processId }) => {
    const order = { kind, processId, subject: 'anna', reason: 'simulated' };
    const origin = { id: random.uuid(), source: '/console', at: agenda.now, correlationId: processId };
    void signalRecord(schemaIds, node, { kind: 'Order', order }, origin).then((record) => {
      outside.write(record);
    });
  });
  const crew = new Crew(surroundings, installation, everyPart);
  const senders = new Senders(site, outside, () => crew.intake());
  const agents = new Agents(site, hall.machines, senders);
  listeners.push((happening) => {
    if (happening.kind === 'journal lost') people.forgetProcesses();
    if (happening.kind === 'published') people.read(happening.record);
  });
  crew.startAll();
  const processOf = (node: string): ProcessId | undefined => active.get(site.keyOf(node))?.processId;
  const loseJournal = (restored: boolean): void => {
    crew.crashAll();
    outside.beginAnew();
    installation.log.journalLost(shelf.store.installation);
    shelf.replace(restored);
    active.clear();
    site.tell({ kind: 'journal lost', installation: shelf.store.installation.id });
  };
  const cast = { site, hall, crew, agents, people, outside, processOf, loseJournal };
  return { installation, active, cast };
}

async function install(
  { agenda, deviations, trace, seed }: Surroundings,
  script: Script,
  built: {
    readonly site: Site;
    readonly hall: MachineHall;
    readonly shelf: JournalShelf;
    readonly overhear: Overhear | undefined;
  },
): Promise<Installation> {
  const { site, hall, shelf, overhear } = built;
  const fetches = new Map<string, number>();
  const pace = async (step: string, topic: string): Promise<void> => {
    if (step !== 'fetch') return;
    const number = (fetches.get(topic) ?? 0) + 1;
    fetches.set(topic, number);
    const delay = deviations.of(`the log's fetch of ${topic} #${number}`, [])?.requestMs;
    if (delay === undefined) return;
    await new Promise<void>((resolve) => {
      agenda.after(delay, () => {
        trace.add(agenda.now, `fetch of ${topic}`);
        resolve();
      });
    });
  };
  const log = new WitnessedLog({ clock: partClock(agenda, () => true), pace }, site.tell.bind(site));
  await log.ensureTopics(topicsOf(partitions));
  return {
    site,
    hardware: hardwareOf(site, hall),
    business: { source: new Business(agenda, seeded(seed, 'business')), readEveryMs: 10 * 60_000 },
    log,
    get store() {
      return shelf.store;
    },
    ...(overhear === undefined ? {} : { overhear }),
    policy: policyOf(script.choices),
    settings,
    commands: new Map<CommandId, Command>(),
    skewOf: (part) => script.skews[part] ?? 0,
  };
}

function follow(active: Map<NodeKey, { processId: ProcessId; stage: string }>, happening: Happening): void {
  if (happening.kind !== 'published' || happening.record.repeated) return;
  const told = happening.record.event.ProcessEvent;
  if (told === undefined || told.processId === null) return;
  const node = nodeKey(
    told.cluster as Parameters<typeof nodeKey>[0],
    told.node as Parameters<typeof nodeKey>[1],
  );
  if (told.type === 'ProcessEnded') active.delete(node);
  else if (told.stage !== null)
    active.set(node, { processId: told.processId as ProcessId, stage: told.stage });
}
