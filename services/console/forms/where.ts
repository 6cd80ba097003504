import { Type, type TSchema } from '@sinclair/typebox';

import type { RolloutScope } from '../../../domain/change.js';
import type { Where } from '../../../domain/where.js';

const name = Type.String({ minLength: 1, maxLength: 317 });

const several = { minItems: 1, maxItems: 1_000, uniqueItems: true };

export function oneOf<Item extends TSchema>(item: Item, description?: string) {
  return Type.Optional(
    Type.Array(item, { ...several, ...(description === undefined ? {} : { description }) }),
  );
}

const placeMembers = {
  pools: oneOf(name),
  zones: oneOf(name),
  labels: Type.Optional(
    Type.Record(Type.String({ minLength: 1 }), Type.Array(name, several), {
      minProperties: 1,
      description: 'By name of a label under `guard.labels`, the values that are meant.',
    }),
  ),
};

export const whereMembers = {
  clusters: oneOf(name),
  ...placeMembers,
  nodes: oneOf(name, '<cluster>/<node>'),
  faultTypes: oneOf(name),
  reporters: oneOf(name, 'Who reported the fault first.'),
  owners: oneOf(name, 'Who asks for leave.'),
};

export const where = Type.Unsafe<Where>(
  Type.Object(whereMembers, {
    additionalProperties: false,
    description: 'What it is about: each part that is named has to fit. Empty: everything.',
  }),
);

export const rolloutScope = Type.Unsafe<RolloutScope>(
  Type.Object(placeMembers, {
    additionalProperties: false,
    description:
      'Which nodes of the cluster a rollout goes through: each part that is named has to fit. Empty: all of them.',
  }),
);
