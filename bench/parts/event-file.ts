import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { runOn, type CommandTimes, type EventSite } from '../event-site.js';
import { rounded, type Part } from '../figures.js';
import { progress } from '../progress.js';

const leastPerSecond = 100_000;

/** How long the command takes to find that there is nothing for it: its start, which the number of events does not change. */
export function startOf(site: EventSite, words: readonly string[]): Promise<CommandTimes> {
  return runOn(site, [...words, '--node', 'bench/nobody']);
}

/** All events of one kind to a file, made again from the journal by the shipped command. */
export async function measureEventFile(site: EventSite, facts: number): Promise<Part> {
  const file = join(site.stack.folder, 'events.avro');
  const words = ['events', '--topic', 'maintenance.events', '-o', 'avro', '--file', file];
  const start = await startOf(site, words);
  await rm(file);
  progress(`file: ${facts} events`);
  const whole = await runOn(site, words);
  const { size } = await stat(file);
  await rm(file);
  const perSecond = facts / (whole.seconds - start.seconds);
  return {
    name: 'file',
    figures: {
      events: facts,
      megabytes: rounded(size / 1_000_000),
      seconds: rounded(whole.seconds),
      startSeconds: rounded(start.seconds),
      perSecond: Math.round(perSecond),
      perProcessorSecond: Math.round(facts / (whole.processorSeconds - start.processorSeconds)),
      peakResidentMegabytes: rounded(whole.peakResidentMegabytes),
    },
    target: `${leastPerSecond} events a second by the clock, without the start of the command`,
    met: perSecond >= leastPerSecond,
  };
}
