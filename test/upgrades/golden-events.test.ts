import { describe, expect, it } from 'vitest';
import { allEvents } from '../../schemas/codec.js';
import { payloadOf, type GoldenEvent } from './golden-event.js';
import { readLines, releasedVersions, releaseFile } from './golden-history.js';

describe.each(releasedVersions())('records that release %s wrote', (version) => {
  const records = readLines(releaseFile(version, 'events.ndjson.gz')).map(
    (line) => JSON.parse(line) as GoldenEvent,
  );

  it('say to this release what they said, new fields aside', async () => {
    for (const record of records) expect(await payloadOf(record)).toMatchObject(record.payload as object);
  });

  it('are of every event that there was', () => {
    const events = [...new Set(records.map(({ event }) => event))].sort();
    expect(version === '0.1.0' ? events : allEvents).toEqual(expect.arrayContaining(events));
    expect(events.length).toBeGreaterThanOrEqual(8);
  });
});
