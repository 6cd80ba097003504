import { Type, type TProperties, type TSchema } from '@sinclair/typebox';

/** A section: unknown keys are refused, so that a misspelt one is never silently without effect. */
export function section<Properties extends TProperties>(properties: Properties, description?: string) {
  return Type.Object(properties, {
    additionalProperties: false,
    ...(description === undefined ? {} : { description }),
  });
}

/** A section that may be left out as a whole: its members' own defaults fill it. */
export function sectionWithDefaults<Properties extends TProperties>(
  properties: Properties,
  description?: string,
) {
  return Type.Object(properties, {
    additionalProperties: false,
    default: {},
    ...(description === undefined ? {} : { description }),
  });
}

/** One of some words. */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  options: { readonly default?: NoInfer<Word>; readonly description?: string } = {},
) {
  return Type.Unsafe<Word>({ type: 'string', enum: [...words], ...options });
}

/** Some members, named by known words; all may be left out. */
export function perWord<Word extends string, Value extends TSchema>(
  words: readonly Word[],
  value: Value,
  description: string,
) {
  const properties = Object.fromEntries(words.map((word) => [word, value]));
  return Type.Unsafe<{ [Key in Word]?: Value['static'] }>({
    type: 'object',
    additionalProperties: false,
    default: {},
    description,
    properties,
  });
}

/** A section for each of some words, which differ in their defaults; what is left out is filled in. */
export function forEachWord<Word extends string, Value extends TSchema>(
  words: readonly Word[],
  valueOf: (word: Word) => Value,
  description: string,
) {
  return Type.Unsafe<Record<Word, Value['static']>>({
    type: 'object',
    additionalProperties: false,
    default: {},
    description,
    properties: Object.fromEntries(words.map((word) => [word, valueOf(word)])),
    required: [...words],
  });
}

export const durationPattern = '^[0-9]+(ms|s|m|h|d)$';

/** A duration like `30s`; compiled to milliseconds. */
export function duration(options: { readonly default?: string; readonly description: string }) {
  return Type.String({ pattern: durationPattern, ...options });
}

export function flag(byDefault: boolean, description: string) {
  return Type.Boolean({ default: byDefault, description });
}

export function count(options: {
  readonly default: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly description: string;
}) {
  return Type.Integer(options);
}

/** Text that must say something. */
export function text(description: string) {
  return Type.String({ minLength: 1, description });
}

/** A name under which something is remembered or counted: as a DNS label. */
export function nameOf(description: string) {
  return Type.String({ pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$', description });
}

const fromEnvironment = section({ env: text('Name of an environment variable that holds the secret.') });

/** `passwordFile` or `passwordFrom`: a secret never stands in the configuration itself. */
export const passwordMembers = {
  passwordFile: Type.Optional(text('File that holds the password; read again for each connection.')),
  passwordFrom: Type.Optional(fromEnvironment),
} as const;

/** `tokenFile` or `tokenFrom`. */
export const tokenMembers = {
  tokenFile: Type.Optional(text('File that holds the bearer token; read again for each connection.')),
  tokenFrom: Type.Optional(fromEnvironment),
} as const;

/** `secretFile` or `secretFrom`, and the one before it while it is being changed. */
export const signingMembers = {
  secretFile: Type.Optional(text('File that holds the signing secret: whsec_ and base64 of 24 to 64 bytes.')),
  secretFrom: Type.Optional(fromEnvironment),
  previousSecretFile: Type.Optional(text('Signs as well, until the subscriber knows the new secret.')),
  previousSecretFrom: Type.Optional(fromEnvironment),
} as const;

export const modes = ['observe', 'active'] as const;
