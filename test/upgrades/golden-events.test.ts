import { describe, expect, it } from 'vitest';
import { allEvents } from '../../schemas/codec.js';
import { payloadOf, payloadReadBack, type GoldenEvent } from './golden-event.js';
import { readLines, readRelease, releasedVersions, releaseFile } from './release.js';

describe.each(releasedVersions())('records that release %s wrote', (version) => {
  const records = readLines(releaseFile(version, 'events.ndjson.gz')).map(
    (line) => JSON.parse(line) as GoldenEvent,
  );

  it('say to this release what they said, new fields aside', async () => {
    for (const record of records) expect(await payloadOf(record)).toMatchObject(record.payload as object);
  });

  it('are read by that release as it wrote them when this one writes them', async () => {
    for (const record of records) expect(await payloadReadBack(record)).toEqual(record.payload);
  });

  it('are of every event that a node can have in the simulator, and each of them is one of today', () => {
    const events = [...new Set(records.map(({ event }) => event))].sort();
    expect(events).toEqual(readRelease(version)?.events);
    expect(allEvents).toEqual(expect.arrayContaining(events));
  });
});
