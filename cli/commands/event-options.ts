import { InvalidArgumentError, type Command } from 'commander';

import { outcomes } from '../../domain/node-state.js';
import { isUuid } from '../../schemas/uuid.js';
import type { FilterText } from '../../services/event-filter.js';
import { parseInstantMs } from '../../services/instant.js';
import { parseLogPlace } from '../../services/log-place.js';

/** Which events are meant. */
export interface FilterOptions extends FilterText {
  readonly selector?: string;
}

/** Adds the options by which events are chosen. */
export function filtered(command: Command): Command {
  return command
    .option('--topic <names>', 'only from these topics; several with commas, here and below')
    .option('--node <cluster/node>', 'only about these nodes')
    .option('-l, --selector <labels>', 'only about nodes with such labels, like pool=gpu,zone!=b')
    .option('--cluster <names>', 'only about nodes of these clusters')
    .option('--type <types>', 'only faults of these types, and ends of processes that handled one')
    .option('--class <classes>', 'the same by class: hardware, system, component')
    .option('--outcome <outcomes>', `only processes that ended so: ${outcomes.join(', ')}`);
}

export function wishOf(options: FilterOptions): FilterOptions {
  const { topic, node, cluster, type, class: faultClass, outcome, selector } = options;
  const parts = { topic, node, cluster, type, class: faultClass, outcome, selector };
  return Object.fromEntries(
    Object.entries(parts).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])),
  );
}

/** A word that everybody who reads events knows, or a time. */
export function instant(text: string): string {
  if (text === 'beginning' || text === 'now') return text;
  const at = parseInstantMs(text);
  if (at === undefined) throw new InvalidArgumentError('write it like 2026-01-31 or 2026-01-31T08:00:00Z');
  return new Date(at).toISOString();
}

const eventId = /^\S+\/\S+@\d+\.\d+\/[A-Za-z]+$/;

/** Whether it is the id of an event that follows from a fact. */
export function isEventId(text: string): boolean {
  return eventId.test(text);
}

/** All of which somebody can say that he wants to begin there. */
export function beginning(text: string): string {
  if (isEventId(text) || parseLogPlace(text) !== undefined) return text;
  if (isUuid(text)) {
    throw new InvalidArgumentError(
      'events of that id follow from no fact, and only the log has them: begin at TOPIC/PARTITION/OFFSET, as they name it, or at a time',
    );
  }
  return instant(text);
}
