import type { KubernetesNode } from '../../adapters/ports/kubernetes.js';
import {
  annotation,
  cordonedByAnnotation,
  fencedByAnnotation,
  isolationTaint,
} from '../../adapters/ports/node-marks.js';
import type { SeenMachine } from '../world/site.js';
import type { Invariant } from './invariant.js';

/** 3 and 4 at the end: no process runs any more, so nothing of one is left on a node, and no machine is forgotten without power. */
export function nothingIsLeftBehind(site: {
  readonly nodes: ReadonlyMap<string, KubernetesNode>;
  readonly machines: ReadonlyMap<string, SeenMachine>;
}): Invariant {
  const peoples = new Set<string>();
  const untainted = new Set<string>();
  let wasLost = false;
  return {
    name: 'nothing of a process is left when it is over',
    after: (happening) => {
      if (happening.kind === 'person acted' && happening.verb === 'untaint') untainted.add(happening.uid);
      // By the taint another journal finds what this one had isolated: whoever took it away answers for the rest.
      if (happening.kind === 'journal lost') wasLost = true;
      if (happening.kind !== 'published' || happening.record.repeated) return undefined;
      const ended = happening.record.event.ProcessEnded;
      if (ended === undefined) return undefined;
      // Who takes over a node, or deletes it, takes over its machine as it is.
      if (ended.outcome === 'HANDED_TO_HUMAN' || ended.outcome === 'RETIRED') peoples.add(ended.node);
      else peoples.delete(ended.node);
      return undefined;
    },
    atRest: () => {
      for (const node of site.nodes.values()) {
        const { name } = node.metadata;
        if (isolationTaint(node) !== undefined) return `${name} is isolated although no process runs`;
        const mark = [cordonedByAnnotation, fencedByAnnotation].find(
          (key) => annotation(node, key) !== undefined,
        );
        if (mark !== undefined && !(wasLost && untainted.has(node.metadata.uid)))
          return `${name} still carries ${mark}`;
      }
      const off = [...site.machines.values()].find(
        ({ name, power }) => power === 'Off' && !peoples.has(name),
      );
      return off === undefined ? undefined : `${off.name} is without power and nobody knows`;
    },
  };
}
