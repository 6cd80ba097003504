import type { CauseId, NodeKey } from '../../../domain/identifiers.js';
import type { NodeState } from '../../../domain/node-state.js';
import type { Input } from '../../../domain/signal.js';
import type { BatchEffects } from '../../journal/batch-collection.js';
import { storableText } from '../../../schemas/storable-text.js';
import {
  comparedReports,
  takenUpAtOnce,
  wholeInput,
  type KeptForNode,
  type WaitingInput,
} from '../../journal/waiting-inputs.js';
import type { Statement, Transaction } from './database.js';

interface WholeRow {
  readonly node_key: NodeKey;
  readonly place: number;
  readonly cause_id: string;
  readonly at: number;
  readonly input: Buffer;
  readonly last_place: number;
}

interface NextRow {
  readonly place: number;
  readonly repeats: number | null;
  readonly cause_id: string;
  readonly at: number;
  readonly sequence: number | null;
  readonly input: Buffer;
}

export function inputFromBytes(bytes: Buffer): Input {
  return JSON.parse(bytes.toString('utf8')) as Input;
}

/**
 * What is kept for the parked ones of these nodes.
 * @param takesUp whether a batch may take up what waits for this node; else that is not read
 */
export async function keptFor(
  transaction: Transaction,
  states: Iterable<NodeState>,
  takesUp: (state: NodeState) => boolean,
): Promise<ReadonlyMap<NodeKey, KeptForNode>> {
  const parked = [...states].filter((state) => state.parked !== undefined);
  if (parked.length === 0) return new Map();
  const rows = await transaction.query<WholeRow>({
    // Laterals and not windows: thousands of repeats may wait, and each batch of such a node asks.
    text: `SELECT parked.node_key, whole.place, whole.cause_id, whole.at, whole.input, last.place AS last_place
      FROM unnest($1::text[]) AS parked (node_key)
      CROSS JOIN LATERAL (
        SELECT max(place) AS place FROM journal.waiting_input AS kept WHERE kept.node_key = parked.node_key
      ) AS last
      CROSS JOIN LATERAL (
        SELECT place, cause_id, at, input FROM journal.waiting_input AS kept
        WHERE kept.node_key = parked.node_key AND kept.repeats IS NULL ORDER BY place DESC LIMIT $2
      ) AS whole
      ORDER BY whole.place`,
    values: [parked.map(({ node }) => node), comparedReports],
  });
  const kept = new Map<NodeKey, KeptForNode>();
  for (const state of parked) {
    const whole = rows.filter((row) => row.node_key === state.node);
    kept.set(state.node, {
      lastPlace: whole[0]?.last_place ?? 0,
      latest: whole.map((row) => ({
        node: row.node_key,
        place: row.place,
        causeId: row.cause_id as CauseId,
        at: row.at,
        input: inputFromBytes(row.input),
      })),
      next: takesUp(state) ? await nextOf(transaction, state.node) : [],
    });
  }
  return kept;
}

async function nextOf(transaction: Transaction, node: NodeKey): Promise<readonly WaitingInput[]> {
  const rows = await transaction.query<NextRow>({
    text: `SELECT waiting.place, waiting.repeats, waiting.cause_id, waiting.at, waiting.sequence,
        coalesce(waiting.input, repeated.input) AS input
      FROM journal.waiting_input AS waiting
      LEFT JOIN journal.waiting_input AS repeated
        ON repeated.node_key = waiting.node_key AND repeated.place = waiting.repeats
      WHERE waiting.node_key = $1 AND NOT waiting.taken ORDER BY waiting.place LIMIT $2`,
    values: [node, takenUpAtOnce],
  });
  return rows.map(({ place, repeats, cause_id: causeId, at, sequence, input }) => {
    const whole = inputFromBytes(input);
    if (repeats === null) return { place, input: whole };
    const about = { causeId: causeId as CauseId, at, ...(sequence === null ? {} : { sequence }) };
    return { place, input: wholeInput(whole, about) };
  });
}

/** The statements that keep what waits, and note what was taken up and which nodes are parked. */
export function waitingStatements(effects: BatchEffects): readonly Statement[] {
  return [...waitingChanges(effects), ...parkings(effects)];
}

function waitingChanges({ waiting }: BatchEffects): readonly Statement[] {
  const kept = waiting.flatMap((changes) => changes.kept);
  const emptied = waiting.filter((changes) => changes.emptied).map(({ node }) => node);
  const taken = waiting.filter((changes) => !changes.emptied && changes.takenThrough > 0);
  return [
    ...(emptied.length === 0
      ? []
      : [{ text: 'DELETE FROM journal.waiting_input WHERE node_key = ANY ($1::text[])', values: [emptied] }]),
    ...(taken.length === 0
      ? []
      : [
          {
            text: `UPDATE journal.waiting_input AS stored SET taken = true
              FROM unnest($1::text[], $2::integer[]) AS through (node_key, place)
              WHERE stored.node_key = through.node_key AND stored.place <= through.place AND NOT stored.taken`,
            values: [taken.map(({ node }) => node), taken.map(({ takenThrough }) => takenThrough)],
          },
        ]),
    ...(kept.length === 0
      ? []
      : [
          {
            text: `INSERT INTO journal.waiting_input (node_key, place, cause_id, at, input, repeats, sequence)
              SELECT * FROM unnest($1::text[], $2::integer[], $3::text[], $4::bigint[], $5::bytea[], $6::integer[],
                $7::bigint[])`,
            values: [
              kept.map(({ node }) => node),
              kept.map(({ place }) => place),
              kept.map(({ causeId }) => storableText(causeId)),
              kept.map(({ at }) => at),
              kept.map(({ input }) => (input === undefined ? null : Buffer.from(JSON.stringify(input)))),
              kept.map(({ repeats }) => repeats ?? null),
              kept.map(({ sequence }) => sequence ?? null),
            ],
          },
        ]),
  ];
}

function parkings({ parkings: states }: BatchEffects): readonly Statement[] {
  if (states.length === 0) return [];
  const parked = states.flatMap(({ node, version, parked: why }) =>
    why === undefined ? [] : [{ node, version, ...why }],
  );
  return [
    {
      text: 'DELETE FROM journal.parked_node WHERE node_key = ANY ($1::text[])',
      values: [states.map(({ node }) => node)],
    },
    {
      text: `INSERT INTO journal.parked_node (node_key, kind, reason, since, attempts, tried_at, version)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::integer[], $6::bigint[],
          $7::integer[])`,
      values: [
        parked.map(({ node }) => node),
        parked.map(({ kind }) => kind),
        parked.map(({ reason }) => storableText(reason)),
        parked.map(({ since }) => since),
        parked.map(({ attempts }) => attempts),
        parked.map(({ triedAt }) => triedAt),
        parked.map(({ version }) => version),
      ],
    },
  ];
}
