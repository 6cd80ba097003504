import type { KillPoint, Target } from './kill-plan.js';

export type CutKind = 'cut' | 'delayed' | 'halved';

/** What was done to the installation, counted when it was done. */
export class Tally {
  readonly kills = new Map<Target, number>();
  readonly cuts = new Map<CutKind, number>();
  readonly hits = new Map<KillPoint, number>();
  faults = 0;

  killed(target: Target): void {
    this.kills.set(target, (this.kills.get(target) ?? 0) + 1);
  }

  cut(kind: CutKind): void {
    this.cuts.set(kind, (this.cuts.get(kind) ?? 0) + 1);
  }

  hit(point: KillPoint): void {
    this.hits.set(point, (this.hits.get(point) ?? 0) + 1);
  }
}

export function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}
