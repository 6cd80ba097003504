import { Ajv, type ValidateFunction } from 'ajv';
import { catalog } from '../schemas/catalog.js';
import { dataSchema } from '../schemas/cloud-events.js';
import { bundledSchemas } from '../schemas/codec.js';
import { asyncApiDocument } from '../schemas/documents/async-api.js';

/** A record as it was published. */
export interface RecordedEvent {
  readonly topic: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined for bytes that nobody decoded. */
  readonly value: Readonly<Record<string, unknown>> | null | undefined;
}

interface Message {
  readonly name: string;
  readonly headers: object;
  readonly payload: { readonly schema?: { readonly fields: readonly { readonly name: string }[] } };
}

interface Described {
  readonly channels: Readonly<Record<string, { readonly messages: Readonly<Record<string, unknown>> }>>;
  readonly components: { readonly messages: Readonly<Record<string, Message>> };
}

// Of the published document, so that what subscribers read is what is compared.
const { channels, components } = asyncApiDocument('0') as Described;
const ajv = new Ajv({ allErrors: true, strict: false });
const validators = new Map<string, ValidateFunction>(
  Object.values(components.messages).map(({ name, headers }) => [name, ajv.compile(headers)]),
);

/** What of a record is not as the catalog and its document say; empty: nothing. */
export function differencesFromCatalog({ topic, key, headers, value }: RecordedEvent): readonly string[] {
  const [name = ''] = Object.keys(channels[topic]?.messages ?? {});
  const message = components.messages[name];
  if (message === undefined) return [`${topic} is not in the catalog`];
  const validate = validators.get(name);
  validate?.(headers);
  const problems = (validate?.errors ?? []).map(
    ({ instancePath, message: what }) => `headers${instancePath} ${what ?? ''}`,
  );
  const { schema } = message.payload;
  if (schema !== undefined) {
    const expected = {
      ce_type: `dev.faultline.${name}`,
      ce_subject: key,
      ce_dataschema: bundledSchemas()
        .filter(({ event }) => event === name)
        .map((file) => dataSchema(file.schema))
        .at(-1),
    };
    for (const [header, text] of Object.entries(expected))
      if (headers[header] !== text)
        problems.push(`${header} is ${headers[header] ?? 'missing'}, not ${String(text)}`);
    const fields = schema.fields.map((field) => field.name).join(',');
    const found = Object.keys(value ?? {}).join(',');
    if (found !== fields) problems.push(`has ${found}, not ${fields}`);
  }
  return problems.map((problem) => `${topic} ${headers['ce_id'] ?? key}: ${problem}`);
}

/** Topics of the catalog that nothing was published on. */
export function silentTopics(records: readonly RecordedEvent[]): readonly string[] {
  const heard = new Set(records.map(({ topic }) => topic));
  return catalog.map(({ topic }) => topic).filter((topic) => !heard.has(topic));
}
