import { publishedRecords } from './published-records.js';
import type { FaultlineProcess } from '../../stack/faultline-process.js';
import type { Site } from '../../stack/site.js';

/** What happened, for whoever looks into a failed test: all process events, and what the processes complained of. */
export async function story(site: Site, processes: readonly FaultlineProcess[]): Promise<string> {
  const events = await publishedRecords(site, 'maintenance.events');
  const told = events.map(({ key, value }) => {
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
  return [...told, ...complaints].join('\n');
}
