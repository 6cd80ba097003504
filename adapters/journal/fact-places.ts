import type { Fact } from '../../domain/fact.js';
import { compareBytes } from './pages.js';

/** Where a fact stands among those of all nodes. */
export type FactPlace = Pick<Fact, 'node' | 'version'>;

/** By node in byte order, then by version: the order in which facts of all nodes are told. */
export function comparePlaces(left: FactPlace, right: FactPlace): number {
  return compareBytes(left.node, right.node) || left.version - right.version;
}

/** Whether a fact comes after a place; undefined is the beginning. */
export function isAfter(place: FactPlace, after: FactPlace | undefined): boolean {
  return after === undefined || comparePlaces(place, after) > 0;
}
