import { setTimeout as pause } from 'node:timers/promises';
import type { ReportSender } from './report-sender.js';
import type { ReportStream } from './report-stream.js';

export interface LoadResult {
  readonly accepted: number;
  /** From the first request to the last answer. */
  readonly seconds: number;
  /** Milliseconds from each request to its answer. */
  readonly answers: readonly number[];
}

const reportsPerRequest = 100;
/** Requests under way at once; who is slower than this is told apart from who is asked too much. */
const mostUnderWay = 64;

/** Sends so many reports a second, whether or not they are answered in time. Rejects when one is refused. */
export async function steadyLoad(
  sender: ReportSender,
  stream: ReportStream,
  load: { readonly perSecond: number; readonly seconds: number },
): Promise<LoadResult> {
  const requests = Math.ceil((load.perSecond * load.seconds) / reportsPerRequest);
  const everyMs = (1_000 * reportsPerRequest) / load.perSecond;
  const underWay = new Set<Promise<void>>();
  const answers: number[] = [];
  let accepted = 0;
  let failure: unknown;
  const began = performance.now();
  const sendOne = async (): Promise<void> => {
    const lines = stream.next(reportsPerRequest);
    const sent = performance.now();
    const count = await sender.send(lines);
    accepted += count;
    answers.push(performance.now() - sent);
  };
  for (let request = 0; request < requests && failure === undefined; request += 1) {
    const wait = began + request * everyMs - performance.now();
    if (wait > 1) await pause(wait);
    while (underWay.size >= mostUnderWay) await Promise.race(underWay);
    const sending = sendOne()
      .catch((error: unknown) => {
        failure = error;
      })
      .finally(() => underWay.delete(sending));
    underWay.add(sending);
  }
  await Promise.all(underWay);
  if (failure !== undefined) throw failure instanceof Error ? failure : new Error('sending failed');
  return { accepted, seconds: (performance.now() - began) / 1_000, answers };
}
