import { wholeFile } from './sections/whole-file.js';

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What has a default need not be written: editors are told so, while the validator fills it in first. */
function optionalWhereDefaulted(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map((item) => optionalWhereDefaulted(item));
  if (!isObject(schema)) return schema;
  const result = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === 'default' ? value : optionalWhereDefaulted(value),
    ]),
  );
  const { required, properties } = schema;
  if (!Array.isArray(required) || !isObject(properties)) return result;
  const needed = required.filter((name: unknown) => {
    const member = properties[String(name)];
    return !(isObject(member) && 'default' in member);
  });
  const { required: _all, ...rest } = result;
  return needed.length === 0 ? rest : { ...rest, required: needed };
}

/** The JSON Schema of `faultline.yaml` for editors, as text; `schemas/config/faultline.schema.json` holds it. */
export function publishedConfigurationSchema(): string {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://faultline.dev/schemas/config/faultline.schema.json',
    title: 'faultline.yaml',
    ...(optionalWhereDefaulted(JSON.parse(JSON.stringify(wholeFile))) as object),
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}
