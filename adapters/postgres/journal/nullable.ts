/** Members that are null in a row are absent in the value; the row's names are those of the value. */
export type Nullable<Value> = { readonly [Name in keyof Value]: Value[Name] | null };

export function withoutNulls<Value extends object>(row: Nullable<Value>): Value {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as Value;
}
