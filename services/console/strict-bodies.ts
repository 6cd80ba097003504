import { Ajv, type AnySchema, type ErrorObject } from 'ajv';

const ajv = new Ajv({ strict: false });

function detailOf({ keyword, params }: ErrorObject): string {
  const { additionalProperty, allowedValues }: Readonly<Record<string, unknown>> = params;
  if (keyword === 'additionalProperties') return `: ${String(additionalProperty)}`;
  return keyword === 'enum' && Array.isArray(allowedValues) ? `: ${allowedValues.join(', ')}` : '';
}

/**
 * For routes where a member that nobody knows must not be passed over, as fastify does by itself: a freeze of `pool` instead of
 * `pools` would be one of everything.
 */
export const strictBodies = {
  validatorCompiler: ({ schema }: { readonly schema: AnySchema }) => ajv.compile(schema),
  schemaErrorFormatter: (errors: readonly ErrorObject[], part: string): Error => {
    const [first] = errors;
    return new Error(
      first === undefined
        ? part
        : `${part}${first.instancePath} ${first.message ?? 'is wrong'}${detailOf(first)}`,
    );
  },
};
