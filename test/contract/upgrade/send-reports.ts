import { expect } from 'vitest';
import type { FaultlineProcess } from '../../../stack/faultline-process.js';

/** Resolves when all of them are accepted. */
export async function sendReports({ url }: FaultlineProcess, reports: readonly object[]): Promise<void> {
  const answer = await fetch(`${url}/v1/reports`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(reports),
  });
  expect(await answer.json()).toMatchObject({ rejected: [] });
}
