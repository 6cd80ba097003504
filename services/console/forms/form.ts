import { Type, type TProperties, type TSchema } from '@sinclair/typebox';

/** Version of all forms that the console answers and the command line prints. */
export const apiVersion = 'faultline.dev/v1';

/** A document of some kind; unknown members are refused so that the published schema is the whole truth. */
export function form<const Kind extends string, Properties extends TProperties>(
  kind: Kind,
  properties: Properties,
  description: string,
) {
  return Type.Object(
    { apiVersion: Type.Literal(apiVersion), kind: Type.Literal(kind), ...properties },
    { additionalProperties: false, description, title: kind },
  );
}

/** Part of a document. */
export function part<Properties extends TProperties>(properties: Properties) {
  return Type.Object(properties, { additionalProperties: false });
}

/** One page of a list. */
export function list<const Kind extends string, Item extends TSchema>(
  kind: Kind,
  item: Item,
  description: string,
) {
  return form(kind, { items: Type.Array(item), next: Type.Optional(nextCursor) }, description);
}

const nextCursor = Type.String({
  description: 'Pass as `after` for the next page; absent: this was the last.',
});

/** The member `next` of a page, where there is another one. */
export function nextOf(next: string | undefined): { readonly next?: string } {
  return next === undefined ? {} : { next };
}

export function word<const Word extends string>(words: readonly Word[], description?: string) {
  return Type.Unsafe<Word>({
    type: 'string',
    enum: [...words],
    ...(description === undefined ? {} : { description }),
  });
}

/** RFC 3339, UTC, milliseconds. */
export const instant = Type.String({
  pattern: '^[0-9]{4,6}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$',
  description: 'RFC 3339, UTC',
});

/** An object whose members are not part of the contract. */
export const openObject = Type.Unsafe<object>({ type: 'object' });

export function toInstant(ms: number): string {
  return new Date(ms).toISOString();
}
