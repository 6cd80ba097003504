/** The attributes in a record's headers, or why they are none. Headers of others are left aside. */
export function parseCloudEvent(
  headers: Readonly<Record<string, string>>,
): ParsedCloudEvent | { problem: string } {
  const { ce_specversion: version, ce_type: type, ce_id: id, ce_source: source } = headers;
  if (version !== '1.0') return { problem: `ce_specversion is ${version ?? 'missing'}, not 1.0` };
  for (const [name, value] of Object.entries({ ce_type: type, ce_id: id, ce_source: source })) {
    if (value === undefined || value === '') return { problem: `${name} is missing` };
  }
  const sequence = parseSequence(headers['ce_sequence']);
  const time = Date.parse(headers['ce_time'] ?? '');
  return {
    type: type ?? '',
    id: id ?? '',
    source: source ?? '',
    ...optional('subject', headers['ce_subject']),
    ...optional('causationId', headers['ce_causationid']),
    ...optional('correlationId', headers['ce_correlationid']),
    ...optional('dataSchema', headers['ce_dataschema']),
    ...optional('traceParent', headers['traceparent']),
    ...(Number.isNaN(time) ? {} : { time }),
    ...(sequence === undefined ? {} : { sequence }),
  };
}

/** What was found; whatever CloudEvents calls optional may be absent. */
export interface ParsedCloudEvent {
  readonly type: string;
  readonly id: string;
  readonly source: string;
  readonly subject?: string;
  readonly time?: number;
  readonly sequence?: { readonly epoch: number; readonly version: number };
  readonly causationId?: string;
  readonly correlationId?: string;
  readonly dataSchema?: string;
  readonly traceParent?: string;
}

function optional<Key extends string>(key: Key, value: string | undefined): { readonly [K in Key]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]?: string });
}

export function parseSequence(text: string | undefined): { epoch: number; version: number } | undefined {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(text ?? '');
  return match === null ? undefined : { epoch: Number(match[1]), version: Number(match[2]) };
}
