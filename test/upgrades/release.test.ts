import { describe, expect, it } from 'vitest';
import { packageVersion } from '../../cli/package-version.js';
import { acceptedDrift } from './golden-history.js';
import { pinnedReleases, pinOf, readRelease, recordedSums, releasedVersions } from './release.js';

it('there is more than one release to be true to', () => {
  expect(releasedVersions().slice(0, 2)).toEqual(['0.1.0', '0.2.0']);
});

it('no release is gone that was pinned', () => {
  expect(Object.keys(pinnedReleases())).toEqual(releasedVersions());
});

describe.each(releasedVersions())('what release %s left', (version) => {
  const release = readRelease(version);

  it('is as it was recorded: a release that is recorded anew holds nobody to anything', () => {
    expect(recordedSums(version)).toEqual(release?.sha256);
  });

  it('is what stands in releases-pinned.json, with the drift that was accepted: neither changes unless a reviewer sees that line change', () => {
    expect(pinnedReleases()[version]).toEqual(pinOf(version));
  });

  it('accepts drift of a step once, and says why', () => {
    const accepted = acceptedDrift(version);
    expect(accepted.filter(({ why }) => why.trim() === '')).toEqual([]);
    const steps = accepted.map(({ history, version: before }) => `${history} ${before}`);
    expect(steps).toEqual([...new Set(steps)]);
  });

  it('names its commit, once a later version is begun, so that it can run beside it', () => {
    if (version !== packageVersion()) expect(release?.commit).toMatch(/^[0-9a-f]{40}$/);
  });
});
