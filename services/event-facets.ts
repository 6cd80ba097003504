import { classOfFaultType, isFaultType } from '../domain/fault.js';
import { outcomes } from '../domain/node-state.js';
import type { EventName, EventPayloads } from '../schemas/event-payloads.js';
import type { FaultChangedPayload } from '../schemas/events/fault-changed.js';
import type { PauseChangedPayload } from '../schemas/events/pause-changed.js';
import type { ProcessEndedPayload } from '../schemas/events/process-ended.js';
import type { ReportsDecidedPayload } from '../schemas/events/reports-decided.js';
import { isSameWord, type EventFacets } from './event-filter.js';

/** What filters ask of an event's payload. */
export interface PayloadFacets extends Pick<EventFacets, 'classes' | 'clusters' | 'faultTypes' | 'outcome'> {
  /** Undefined: it speaks of the node of its key alone. */
  readonly nodes?: EventFacets['nodes'];
}

/** An event with what it says. */
export type NamedPayload = {
  [Name in EventName]: { readonly event: Name; readonly payload: EventPayloads[Name] };
}[EventName];

function facetsOfFault({ type, class: touched }: FaultChangedPayload): PayloadFacets {
  return { faultTypes: [type], classes: [touched.toLowerCase()] };
}

function facetsOfEnd({ faultTypes, outcome }: ProcessEndedPayload): PayloadFacets {
  const word = outcomes.find((one) => isSameWord(one, outcome));
  return {
    faultTypes,
    classes: faultTypes.flatMap((type) => (isFaultType(type) ? [classOfFaultType[type]] : [])),
    ...(word === undefined ? {} : { outcome: word }),
  };
}

/** One record accounts for the reports of many nodes, and is keyed by one of them. */
function facetsOfDecided({ decided }: ReportsDecidedPayload): PayloadFacets {
  const nodes = new Set(decided.map(({ cluster, node }) => `${cluster}/${node}`));
  return nodes.size === 0 ? {} : { nodes: [...nodes] };
}

/** It holds back whatever it is about, also nodes that it does not name. */
function facetsOfPause({ clusters }: PauseChangedPayload): PayloadFacets {
  return { clusters: clusters ?? 'all' };
}

/** Faults and outcomes can be asked for by what they say, the others only by topic and node. */
export function facetsOf(named: NamedPayload): PayloadFacets {
  switch (named.event) {
    case 'FaultChanged':
      return facetsOfFault(named.payload);
    case 'ProcessEnded':
      return facetsOfEnd(named.payload);
    case 'ReportsDecided':
      return facetsOfDecided(named.payload);
    case 'PauseChanged':
      return facetsOfPause(named.payload);
    default:
      return {};
  }
}
