import type { TestContext } from 'vitest';
import { publishedRecords, type PublishedRecord } from './published-records.js';
import type { FaultlineProcess } from '../../stack/faultline-process.js';
import type { Site } from '../../stack/site.js';

declare module 'vitest' {
  interface TaskMeta {
    /** Lines that the report of a failed test ends with. */
    told?: readonly string[];
  }
}

/** How much is told at the very end, where a log is never cut. */
const lastFacts = 18;
const factLength = 120;
const told = new WeakSet<Site>();

/** If the test has failed: tells what happened in its log, and once the last of it at the end of the whole run. */
export async function tellStory(
  { task }: Pick<TestContext, 'task'>,
  site: Site,
  processes: readonly FaultlineProcess[],
): Promise<void> {
  if (task.result?.state !== 'fail') return;
  const published = await publishedRecords(site, 'maintenance.events');
  const events = published.toSorted((one, other) =>
    String(one.value['at']).localeCompare(String(other.value['at'])),
  );
  process.stderr.write(await story(events, processes));
  if (told.has(site)) return;
  told.add(site);
  task.meta.told = events
    .slice(-lastFacts)
    .map(({ key, value: { at, type, stage, data } }) =>
      [at, key, type, stage, JSON.stringify(data)].map(String).join(' ').slice(0, factLength),
    );
}

/** All process events, and what the processes complained of. */
async function story(
  events: readonly PublishedRecord[],
  processes: readonly FaultlineProcess[],
): Promise<string> {
  const facts = events.map(({ key, value }) => {
    const { at, type, workflow, stage, causeId, data } = value;
    return [at, key, type, workflow, stage, causeId, JSON.stringify(data).slice(0, 300)]
      .map(String)
      .join(' ');
  });
  const complaints = await Promise.all(
    processes.map(async (process) => {
      const lines = (await process.output()).split('\n').filter((line) => !line.includes('"level":30'));
      return [process.process.name, ...lines.slice(-40)].join('\n');
    }),
  );
  return [...facts, ...complaints].join('\n');
}
