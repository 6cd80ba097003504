import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { casesByTopic } from './all-cases.js';
import { ApiClient } from './api-client.js';
import { CaseContext } from './contract-case.js';
import { startReal } from './real-server.js';
import type { RunningServer } from './running-server.js';
import { startSimulated } from './simulated-server.js';

/** Which cases were run to their end, by side: a case that holds on one side only proves nothing about the other. */
const ran = new Map<string, string[]>();
const leastCases = 80;

const sides = [
  { side: 'the real API server', start: startReal },
  { side: 'the simulated API server', start: startSimulated },
];

describe.each(sides)('$side', ({ side, start }) => {
  let server: RunningServer;
  let api: ApiClient;
  let count = 0;
  const finished: string[] = [];
  ran.set(side, finished);

  beforeAll(async () => {
    server = await start();
    api = new ApiClient(server.access);
  }, 120_000);

  afterAll(async () => {
    await api.close();
    await server.stop();
  });

  for (const [topic, cases] of Object.entries(casesByTopic)) {
    describe(topic, () => {
      it.each(cases)('$name', async (contractCase) => {
        count += 1;
        const context = new CaseContext(api, server, `case-${count}`);
        try {
          await contractCase.run(context);
        } finally {
          await context.cleanUp();
        }
        finished.push(`${topic}: ${contractCase.name}`);
      });
    });
  }
});

describe('both API servers', () => {
  it('were asked the same, and enough', () => {
    const [real = [], simulated = []] = [...ran.values()];
    expect(simulated).toEqual(real);
    expect(real.length).toBeGreaterThanOrEqual(leastCases);
  });
});
