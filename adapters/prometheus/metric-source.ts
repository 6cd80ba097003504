import { Type, type Static } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { Agent, request } from 'undici';

import { jsonIn } from '../../domain/json.js';
import type { MetricReading, MetricSeries, MetricSource, NoReading } from '../ports/metric-source.js';
import { requestFailure } from '../webhook/request-failure.js';

export interface PrometheusOptions {
  /** Without a trailing slash, and without `/api/v1`. */
  readonly url: string;
  /** Bearer token, read for each request: it may be changed. */
  readonly token?: () => string;
  readonly timeoutMs: number;
}

interface Nothing {
  readonly kind: 'none';
  readonly why: NoReading;
  readonly reason: string;
}

/** A moment in seconds, and a number as text: `NaN`, `+Inf` and `-Inf` are no JSON. */
const sample = Type.Tuple([Type.Number(), Type.String()]);

const answer = Type.Union([
  Type.Object({
    status: Type.Literal('success'),
    data: Type.Union([
      Type.Object({ resultType: Type.Literal('scalar'), result: sample }),
      Type.Object({
        resultType: Type.Literal('vector'),
        result: Type.Array(Type.Object({ value: Type.Optional(sample) })),
      }),
      Type.Object({
        resultType: Type.Literal('matrix'),
        result: Type.Array(Type.Object({ values: Type.Optional(Type.Array(sample)) })),
      }),
      Type.Object({ resultType: Type.Literal('string'), result: sample }),
    ]),
  }),
  Type.Object({ status: Type.Literal('error'), errorType: Type.String(), error: Type.String() }),
]);
type Answer = Static<typeof answer>;
type Data = Extract<Answer, { readonly status: 'success' }>['data'];

const mostReasonCharacters = 300;

/** The HTTP API of Prometheus, and of whatever else speaks it. Connects at the first question. */
export function createPrometheusSource(
  options: PrometheusOptions,
): MetricSource & { close(): Promise<void> } {
  const dispatcher = new Agent({ connections: 4, pipelining: 1 });
  const ask = (path: string, form: Readonly<Record<string, string>>): Promise<Data | Nothing> =>
    askServer(options, dispatcher, path, form);
  return {
    at: async (query, moment) => {
      const data = await ask('/api/v1/query', { query, time: seconds(moment) });
      return 'kind' in data ? data : readingOf(data);
    },
    over: async (query, { from, to, step }) => {
      const range = { start: seconds(from), end: seconds(to), step: seconds(step) };
      const data = await ask('/api/v1/query_range', { query, ...range });
      return 'kind' in data ? data : seriesOf(data);
    },
    close: () => dispatcher.destroy(),
  };
}

async function askServer(
  { url, token, timeoutMs }: PrometheusOptions,
  dispatcher: Agent,
  path: string,
  form: Readonly<Record<string, string>>,
): Promise<Data | Nothing> {
  try {
    const response = await request(url + path, {
      method: 'POST',
      dispatcher,
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(token === undefined ? {} : { authorization: `Bearer ${token()}` }),
      },
      body: new URLSearchParams({ ...form, timeout: `${timeoutMs}ms` }).toString(),
    });
    return dataOf(response.statusCode, await response.body.text());
  } catch (error) {
    return nothing('failed', `Prometheus at ${url} gave no answer: ${requestFailure(error).reason}`);
  }
}

function dataOf(status: number, text: string): Data | Nothing {
  const body = jsonIn(text);
  if (!Value.Check(answer, body)) return nothing('failed', `Prometheus answered ${status}: ${text}`);
  if (body.status === 'success') return body.data;
  return nothing(
    body.errorType === 'bad_data' ? 'refused' : 'failed',
    `Prometheus answered ${status}, ${body.errorType}: ${body.error}`,
  );
}

function readingOf(data: Data): MetricReading {
  switch (data.resultType) {
    case 'scalar':
      return numberIn(data.result);
    case 'vector': {
      const [first, ...others] = data.result;
      if (first?.value === undefined) return nothing('no-data', 'the query gives nothing');
      if (others.length > 0) return severalIn(data.result);
      return numberIn(first.value);
    }
    default:
      return nothing('refused', `the query gives a ${data.resultType}, and should give one number`);
  }
}

function seriesOf(data: Data): MetricSeries {
  if (data.resultType !== 'matrix') return nothing('failed', `a range came back as ${data.resultType}`);
  if (data.result.length > 1) return severalIn(data.result);
  const samples = data.result[0]?.values ?? [];
  const values = samples.map(([, text]) => Number(text)).filter((value) => Number.isFinite(value));
  if (values.length > 0) return { kind: 'values', values };
  return samples.length === 0
    ? nothing('no-data', 'the query gave nothing then')
    : nothing('not-a-number', 'the query gave no number then');
}

function severalIn(result: readonly unknown[]): Nothing {
  return nothing('several', `the query gives ${result.length} series, and should give one: aggregate them`);
}

function numberIn([, text]: Static<typeof sample>): MetricReading {
  const value = Number(text);
  return Number.isFinite(value)
    ? { kind: 'value', value }
    : nothing('not-a-number', `the query gives ${text}`);
}

function nothing(why: NoReading, reason: string): Nothing {
  return { kind: 'none', why, reason: reason.replaceAll(/\s+/g, ' ').slice(0, mostReasonCharacters) };
}

function seconds(milliseconds: number): string {
  return String(milliseconds / 1_000);
}
