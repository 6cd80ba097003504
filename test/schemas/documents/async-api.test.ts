import specifications from '@asyncapi/specs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { catalog } from '../../../schemas/catalog.js';
import { asyncApiDocument } from '../../../schemas/documents/async-api.js';
import { eventsDocument } from '../../../schemas/documents/events-document.js';
import { allEvents } from '../../../schemas/codec.js';

const document = asyncApiDocument('1.2.3');

/** What a reference of the document points to. */
function target(reference: string): unknown {
  return reference
    .slice(2)
    .split('/')
    .reduce<unknown>((within, name) => (Object(within) as Record<string, unknown>)[name], document);
}

function references(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, within]: [string, unknown]) =>
    name === '$ref' && typeof within === 'string' ? [within] : references(within),
  );
}

describe('the AsyncAPI document', () => {
  it('is one by the schema that AsyncAPI publishes', () => {
    const schema: object = specifications.schemasWithoutId['3.0.0'];
    // Formats say how texts look (uri, email…); none that the document holds.
    const validate = new Ajv({ allErrors: true, strict: false, validateFormats: false }).compile(schema);
    validate(document);
    expect(validate.errors).toBeNull();
    validate({ ...document, channels: { 'fault.reports': { address: 1 } } });
    expect(validate.errors).not.toBeNull();
  });

  it('has every topic and every event, and no reference leads nowhere', () => {
    expect(document).toMatchObject({
      channels: Object.fromEntries(catalog.map(({ topic }) => [topic, { address: topic }])),
      components: { messages: Object.fromEntries(allEvents.map((event) => [event, { name: event }])) },
    });
    const all = references(document);
    expect(all.length).toBeGreaterThan(catalog.length);
    expect(all.filter((reference) => target(reference) === undefined)).toEqual([]);
  });
});

describe('the page about events', () => {
  it('tells of each field, those of nested records too', () => {
    const page = eventsDocument();
    for (const event of allEvents) expect(page).toContain(`## ${event}\n`);
    expect(page).toContain('| `pods[].namespace` | string | Namespace of the pod. |');
    expect(page).toContain('| `outcome` | `UNKNOWN` `RECOVERED`');
    expect(page).toContain('| `reason` | string, or absent | Why it ended so. |');
  });
});
