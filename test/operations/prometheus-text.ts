/** One value of one metric. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: Sample[];
}

export type Scrape = ReadonlyMap<string, Family>;

const nameSyntax = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const sampleSyntax = new RegExp(`^(${nameSyntax})(?:\\{(.*)\\})? (NaN|[+-]?Inf|[-+0-9.eE]+)$`);
const labelSyntax = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;
const types = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];

function numberOf(text: string): number {
  return text.endsWith('Inf') ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text);
}

function labelsOf(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let at = 0; at < text.length;) {
    labelSyntax.lastIndex = at;
    const found = labelSyntax.exec(text);
    const [whole, name, value] = found ?? [];
    if (whole === undefined || name === undefined || value === undefined)
      throw new Error(`bad labels: ${line}`);
    if (name in labels) throw new Error(`label twice: ${line}`);
    labels[name] = value;
    at += whole.length;
  }
  return labels;
}

function sampleOf(line: string): Sample {
  const [, name, labels = '', value] = sampleSyntax.exec(line) ?? [];
  if (name === undefined || value === undefined) throw new Error(`not a sample: ${line}`);
  return { name, labels: labelsOf(labels, line), value: numberOf(value) };
}

/** A histogram's buckets rise, and its last one is its count. */
function checkHistogram({ name, samples }: Family): void {
  const groups = new Map<string, { last: number; count?: number }>();
  for (const { name: sampled, labels, value } of samples) {
    const { le, ...rest } = labels;
    const key = JSON.stringify(rest);
    const group = groups.get(key) ?? { last: 0 };
    groups.set(key, group);
    if (sampled === `${name}_bucket`) {
      if (le === undefined || value < group.last) throw new Error(`buckets of ${name} ${key} do not rise`);
      group.last = value;
    } else if (sampled === `${name}_count`) group.count = value;
    else if (sampled !== `${name}_sum`) throw new Error(`${sampled} is no part of the histogram ${name}`);
  }
  for (const [key, { last, count }] of groups)
    if (last !== count) throw new Error(`the last bucket of ${name} ${key} is not its count`);
}

function checkFamily(family: Family): void {
  const { name, type, help, samples } = family;
  if (help === '') throw new Error(`${name} has no help`);
  if (!types.includes(type)) throw new Error(`${name} has the type ${type}`);
  if (type === 'histogram') checkHistogram(family);
  else if (samples.some((sample) => sample.name !== name)) throw new Error(`${name} has samples of others`);
  const series = samples.map((sample) => JSON.stringify([sample.name, Object.entries(sample.labels).sort()]));
  if (new Set(series).size !== series.length) throw new Error(`${name} has a series twice`);
}

/** Reads the Prometheus text format 0.0.4, strictly: help and type once, before the samples, which stand together. */
export function parseScrape(text: string): Scrape {
  const families = new Map<string, Family>();
  let current: Family | undefined;
  let help: readonly [name: string, text: string] | undefined;
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  for (const line of text.slice(0, -1).split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (kind === 'HELP') help = [name, rest];
    else if (kind === 'TYPE') {
      if (help?.[0] !== name) throw new Error(`${name} has no help before its type`);
      if (families.has(name)) throw new Error(`${name} is declared twice`);
      current = { name, type: rest, help: help[1], samples: [] };
      families.set(name, current);
    } else if (line !== '') {
      if (current === undefined) throw new Error(`a sample before any type: ${line}`);
      current.samples.push(sampleOf(line));
    }
  }
  for (const family of families.values()) checkFamily(family);
  return families;
}

/** Sum over the series that have these labels; undefined: there is none. */
export function valueOf(
  scrape: Scrape,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const family = scrape.get(name) ?? scrape.get(name.replace(/_(count|sum|bucket)$/, ''));
  const found = (family?.samples ?? []).filter(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
}
