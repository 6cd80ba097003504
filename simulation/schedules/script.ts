import type { OrderKind } from '../../domain/signal.js';
import { seeded, type Seeded } from '../scheduler/seeded.js';
import type { Defect } from '../world/machine.js';

/** Something that happens by itself or by people, at a time (ms from the start). */
export type Scripted = { readonly at: number } & (
  | {
      readonly what: 'a machine fails';
      readonly node: string;
      readonly defect: Defect;
      readonly fadesAfterMs?: number;
    }
  | { readonly what: 'a machine reboots by itself'; readonly node: string }
  | { readonly what: 'a kubelet falls silent'; readonly node: string }
  | {
      readonly what: 'a machine that goes off is switched on by hand';
      readonly node: string;
      readonly afterMs: number;
    }
  | { readonly what: 'a node is deleted'; readonly node: string; readonly returnsAfterMs?: number }
  | { readonly what: 'a pod may not be disrupted'; readonly node: string; readonly forMs: number }
  | {
      readonly what:
        | 'a person cordons'
        | 'a person uncordons'
        | 'a person holds'
        | 'a person unholds'
        | 'a person takes the taint away';
      readonly node: string;
    }
  | { readonly what: 'a person orders'; readonly node: string; readonly order: OrderKind }
  | {
      readonly what: 'an old report comes again';
      readonly node: string;
      readonly type: string;
      readonly boot: number;
    }
  | { readonly what: 'a strange report'; readonly node: string; readonly type: string }
  | { readonly what: 'bytes that nobody can read'; readonly topic: string }
  | { readonly what: 'claims are taken away' }
  /** An empty one takes its place: under its id where it was restored from what was there at first, else under another. */
  | { readonly what: 'the journal is lost'; readonly restored: boolean }
  | {
      readonly what: 'a part is killed' | 'a part is stopped' | 'a part loses its membership';
      readonly part: string;
    }
);

export interface Script {
  readonly nodes: readonly string[];
  readonly choices: {
    readonly whenOverdue: 'delete' | 'person';
    readonly repairBy: 'ticket' | 'power-off-and-ticket';
    readonly cordon: boolean;
  };
  /** How far ahead of true time each part's clock is, ms. */
  readonly skews: Readonly<Record<string, number>>;
  readonly events: readonly Scripted[];
  /** From here on (ms) nothing goes wrong any more. */
  readonly calmAt: number;
}

export const defects: readonly Defect[] = [
  { type: 'KernelDeadlock', condition: 'KernelDeadlock', cure: 'reboot' },
  { type: 'KernelDeadlock', condition: 'KernelDeadlock', cure: 'reimage' },
  { type: 'KubeletUnhealthy', condition: 'KubeletUnhealthy', cure: 'restart' },
  { type: 'KubeletUnhealthy', condition: 'KubeletUnhealthy', cure: 'reboot' },
  { type: 'DiskFailure', condition: 'XfsShutdown', cure: 'repair' },
  { type: 'MemoryFailure', condition: undefined, cure: 'repair' },
  { type: 'ReadonlyFilesystem', condition: undefined, cure: 'reimage' },
];

const hourMs = 3_600_000;
/** A clock may be well ahead or behind: that costs time and harms nothing. */
const skewsMs = [0, 0, -2_000, 2_000, -90_000, 90_000];

/** What happens in the schedule of a seed. */
export function drawnScript(seed: number, parts: readonly string[]): Script {
  const random = seeded(seed, 'script');
  const nodes = ['n1', 'n2', 'n3', 'n4'];
  const calmAt = random.between(1, 4) * hourMs;
  const events = Array.from({ length: random.between(2, 12) }, () => ({
    at: random.between(1_000, calmAt),
    ...drawnEvent(random, nodes, parts),
  }));
  const loss: readonly Scripted[] = random.happens(0.1)
    ? [{ at: random.between(1_000, calmAt), what: 'the journal is lost', restored: random.happens(0.5) }]
    : [];
  return {
    nodes,
    choices: {
      whenOverdue: random.pick(['delete', 'person']),
      repairBy: random.pick(['ticket', 'power-off-and-ticket']),
      cordon: random.happens(0.8),
    },
    skews: Object.fromEntries(parts.map((part) => [part, random.pick(skewsMs)])),
    events: [
      { at: 1_000, what: 'a machine fails', node: random.pick(nodes), defect: random.pick(defects) },
      ...[...events, ...loss].sort((a, b) => a.at - b.at),
    ],
    calmAt,
  };
}

type Undated = Scripted extends infer One ? (One extends Scripted ? Omit<One, 'at'> : never) : never;

const makers: readonly (readonly [
  number,
  (random: Seeded, node: string, parts: readonly string[]) => Undated,
])[] = [
  [6, (random, node) => drawnFailure(random, node)],
  [1, (_random, node) => ({ what: 'a machine reboots by itself', node })],
  [2, (_random, node) => ({ what: 'a kubelet falls silent', node })],
  [
    1,
    (random, node) => ({
      what: 'a machine that goes off is switched on by hand',
      node,
      afterMs: random.pick([random.between(0, 50), random.between(0, 60_000)]),
    }),
  ],
  [1, (random, node) => drawnDeletion(random, node)],
  [
    1,
    (random, node) => ({ what: 'a pod may not be disrupted', node, forMs: random.between(60_000, hourMs) }),
  ],
  [1, (random, node) => ({ what: random.pick(['a person cordons', 'a person uncordons']), node })],
  [1, (random, node) => ({ what: random.pick(['a person holds', 'a person unholds']), node })],
  [1, (_random, node) => ({ what: 'a person takes the taint away', node })],
  [
    1,
    (random, node) => ({
      what: 'a person orders',
      node,
      order: random.pick(['retry', 'skip', 'abort', 'repaired', 'dismiss']),
    }),
  ],
  [
    1,
    (random, node) => ({ what: 'an old report comes again', node, type: random.pick(defects).type, boot: 1 }),
  ],
  [
    1,
    (random, node) => ({
      what: 'a strange report',
      node: random.pick([node, 'nobody']),
      type: random.pick(['Nonsense', 'CpuFailure']),
    }),
  ],
  [
    1,
    (random) => ({
      what: 'bytes that nobody can read',
      topic: random.pick(['fault.reports', 'maintenance.signals', 'migration.replies']),
    }),
  ],
  [1, () => ({ what: 'claims are taken away' })],
  [
    3,
    (random, _node, parts) => ({
      what: random.pick(['a part is killed', 'a part is stopped', 'a part loses its membership']),
      part: random.pick(parts),
    }),
  ],
];

function drawnEvent(random: Seeded, nodes: readonly string[], parts: readonly string[]): Undated {
  const weighted = makers.flatMap(([weight, make]) => Array.from({ length: weight }, () => make));
  return random.pick(weighted)(random, random.pick(nodes), parts);
}

function drawnFailure(random: Seeded, node: string): Undated {
  const defect = random.pick(defects);
  const fades = random.happens(0.25)
    ? { fadesAfterMs: random.pick([random.between(1, 200), random.between(1_000, hourMs)]) }
    : {};
  return { what: 'a machine fails', node, defect, ...fades };
}

function drawnDeletion(random: Seeded, node: string): Undated {
  const returns = random.happens(0.7) ? { returnsAfterMs: random.between(0, 600_000) } : {};
  return { what: 'a node is deleted', node, ...returns };
}
