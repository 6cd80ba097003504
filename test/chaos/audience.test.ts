import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Audience, audienceLogs } from '../../chaos/audience.js';
import { seededRandom } from '../../world/random.js';

let folder: string;
let audience: Audience;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-audience-'));
  audience = await Audience.start(folder, seededRandom('audience'));
});
afterEach(async () => {
  await audience.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Noted {
  readonly status: number | null;
}

async function noted(file: string): Promise<readonly Noted[]> {
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Noted);
}

/** The status that whoever tells something gets; undefined: none. */
async function tell(path: string, body: object, headers: Record<string, string> = {}) {
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  return fetch(`${audience.url}${path}`, request).then(
    ({ status }) => status,
    () => undefined,
  );
}

it('given events by webhook, then each is noted with what it was answered: some are refused, and of some the answer is lost', async () => {
  const answers = [];
  for (let number = 0; number < 200; number += 1) {
    const headers = { 'webhook-id': `e${number}`, 'webhook-timestamp': '7', 'webhook-signature': 'v1,a' };
    answers.push(await tell('/webhooks/everything', { number }, { ...headers, 'ce-topic': 'fault.system' }));
  }
  const all = await noted(audienceLogs(folder).deliveries);
  expect(all.map(({ status }) => status ?? undefined)).toEqual(answers);
  expect(new Set(answers)).toEqual(new Set([200, 503, undefined]));
  expect(all[3]).toMatchObject({
    ...{ subscriber: 'everything', id: 'e3', timestamp: '7', signature: 'v1,a', topic: 'fault.system' },
    body: '{"number":3}',
  });
});

it('given traces, then each span is noted by itself', async () => {
  const span = (spanId: string): object => ({ traceId: 't', spanId, name: 'stage booting', kind: 1 });
  await tell('/v1/traces', { resourceSpans: [{ scopeSpans: [{ spans: [span('a'), span('b')] }] }] });
  expect(await noted(audienceLogs(folder).spans)).toMatchObject([
    { traceId: 't', spanId: 'a', name: 'stage booting' },
    { traceId: 't', spanId: 'b', name: 'stage booting' },
  ]);
});
