/** Avro says null where the domain leaves a member out. */
export type WithoutNulls<Members> = {
  readonly [Key in keyof Members as null extends Members[Key] ? never : Key]: Members[Key];
} & {
  readonly [Key in keyof Members as null extends Members[Key] ? Key : never]?: Exclude<Members[Key], null>;
};

export function withoutNulls<Members extends object>(members: Members): WithoutNulls<Members> {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(members)) if (value !== null) kept[key] = value;
  // The loop does what the type says; the compiler can't follow a key by key copy.
  return kept as WithoutNulls<Members>;
}
