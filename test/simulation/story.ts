import { expect } from 'vitest';
import { isolationTaint } from '../../adapters/ports/node-marks.js';
import { parseNodeKey } from '../../domain/identifiers.js';
import type { EventPayloads } from '../../schemas/event-payloads.js';
import { listedDeviations, type Deviation } from '../../simulation/scheduler/deviations.js';
import { withoutRealTime } from '../../simulation/schedules/forbidden.js';
import type { Built } from '../../simulation/schedules/build.js';
import { run, start } from '../../simulation/schedules/run.js';
import type { Script, Scripted } from '../../simulation/schedules/script.js';
import type { Defect } from '../../simulation/world/machine.js';
import type { Happening } from '../../simulation/world/happening.js';

const hourMs = 3_600_000;

export const deadlock: Defect = { type: 'KernelDeadlock', condition: 'KernelDeadlock', cure: 'reboot' };
export const brokenMemory: Defect = { type: 'MemoryFailure', condition: undefined, cure: 'repair' };
export const brokenDisk: Defect = { type: 'DiskFailure', condition: 'XfsShutdown', cure: 'repair' };

/** What was seen of one story, in order, with the virtual ms at which. */
export interface Told {
  readonly happenings: readonly { readonly happening: Happening; readonly at: number }[];
  /** As published, what is sent again left out. */
  readonly events: readonly EventPayloads['ProcessEvent'][];
  readonly ended: readonly EventPayloads['ProcessEnded'][];
  readonly fates: readonly EventPayloads['ReportsDecided']['decided'][number][];
  /** Incidents of the breaker: from when to when nothing more was begun. */
  readonly incidents: readonly { readonly begunAt: number; readonly endedAt: number }[];
  /** Nodes that are isolated or cordoned when all is over. */
  readonly outOfService: readonly string[];
}

/** Plays exactly these events, with exactly these deviations; every invariant has to hold all the while. */
export async function story(
  events: readonly Scripted[],
  more: {
    readonly deviations?: Readonly<Record<string, Deviation>>;
    readonly choices?: Partial<Script['choices']>;
  } = {},
): Promise<Told> {
  const happenings: { happening: Happening; at: number }[] = [];
  const script: Script = {
    nodes: ['n1', 'n2', 'n3', 'n4'],
    choices: { whenOverdue: 'person', repairBy: 'power-off-and-ticket', cordon: true, ...more.choices },
    skews: {},
    events,
    calmAt: 4 * hourMs,
  };
  const deviations = listedDeviations(new Map(Object.entries(more.deviations ?? {})));
  const listen = (happening: Happening, at: number): void => {
    happenings.push({ happening, at });
  };
  const sites: Built[] = [];
  const onBuilt = (built: Built): void => {
    sites.push(built);
  };
  const { violation } = await withoutRealTime(() => run({ seed: 1, script, deviations, listen, onBuilt }));
  expect(violation).toBeUndefined();
  const published = happenings.flatMap(({ happening }) =>
    happening.kind === 'published' && !happening.record.repeated ? [happening.record.event] : [],
  );
  return {
    happenings,
    events: published.flatMap(({ ProcessEvent: event }) => (event === undefined ? [] : [event])),
    ended: published.flatMap(({ ProcessEnded: event }) => (event === undefined ? [] : [event])),
    fates: published.flatMap(({ ReportsDecided: event }) => event?.decided ?? []),
    incidents: sites.flatMap(incidentsOn),
    outOfService: sites.flatMap(outOfServiceOn),
  };
}

function outOfServiceOn({ installation }: Built): readonly string[] {
  return [...installation.site.nodes.values()]
    .filter((node) => node.spec.unschedulable === true || isolationTaint(node) !== undefined)
    .map(({ metadata }) => metadata.name);
}

function incidentsOn({ installation }: Built): Told['incidents'] {
  return installation.store.pauses
    .filter(({ pause }) => pause.incident !== undefined)
    .map(({ pause, ended }) => ({
      begunAt: pause.begun.at - start,
      endedAt: (ended?.at ?? Infinity) - start,
    }));
}

/** Outcome and reason of each process of a node, in order. */
export function endingsOf(told: Told, node: string): readonly string[] {
  return told.ended
    .filter((ended) => ended.node === node)
    .map(({ outcome, reason }) => `${outcome} ${reason ?? ''}`);
}

/** What was done to a node's object and machine, in order. */
export function effectsOn(
  told: Told,
  node: string,
): readonly { readonly what: string; readonly at: number }[] {
  return told.happenings.flatMap(({ happening, at }) => {
    if (happening.kind !== 'node patched' && happening.kind !== 'machine touched') return [];
    if (parseNodeKey(happening.node)?.node !== node) return [];
    return [{ what: happening.kind === 'node patched' ? 'patched' : happening.verb, at }];
  });
}
