import { createMemoryStore } from '../../adapters/memory/journal.js';
import type { Command } from '../../domain/command.js';
import { nodeKey, type CommandId, type NodeKey, type ProcessId } from '../../domain/identifiers.js';
import { topicsOf } from '../../schemas/catalog.js';
import { signalRecord } from '../../services/input-records.js';
import type { Hardware } from '../parts/hardware.js';
import { Crew } from '../parts/crew.js';
import { everyPart } from '../parts/parts.js';
import { policyOf, settings } from '../parts/policy.js';
import { partitions, schemaIds, type Installation, type Overhear } from '../parts/ports.js';
import { WitnessedLog } from '../parts/witnessed.js';
import type { Surroundings } from '../scheduler/incarnation.js';
import { partClock } from '../scheduler/part-clock.js';
import { seeded } from '../scheduler/seeded.js';
import { Agents } from '../world/agents.js';
import type { Happening, Listener } from '../world/happening.js';
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
  const installed = await install(surroundings, script, site, hardwareOf(site, hall));
  const installation = overhear === undefined ? installed : { ...installed, overhear };
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
    if (happening.kind === 'published') people.read(happening.record);
  });
  crew.startAll();
  const processOf = (node: string): ProcessId | undefined => active.get(site.keyOf(node))?.processId;
  return { installation, active, cast: { site, hall, crew, agents, people, outside, processOf } };
}

async function install(
  { agenda, seed, deviations, trace }: Surroundings,
  script: Script,
  site: Site,
  hardware: Hardware,
): Promise<Installation> {
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
  const random = seeded(seed, 'installation');
  const store = createMemoryStore({ partitionCount: partitions, outboxPartitions: 2, randomness: random });
  return {
    site,
    hardware,
    log,
    store,
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
