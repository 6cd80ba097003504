import { describe, expect, it } from 'vitest';
import { packageVersion } from '../../cli/package-version.js';
import { readRelease, recordedSums, releasedVersions } from './release.js';

it('there is more than one release to be true to', () => {
  expect(releasedVersions().slice(0, 2)).toEqual(['0.1.0', '0.2.0']);
});

describe.each(releasedVersions())('what release %s left', (version) => {
  const release = readRelease(version);

  it('is as it was recorded: a release that is recorded anew holds nobody to anything', () => {
    expect(recordedSums(version)).toEqual(release?.sha256);
  });

  it('names its commit, once a later version is begun, so that it can run beside it', () => {
    if (version !== packageVersion()) expect(release?.commit).toMatch(/^[0-9a-f]{40}$/);
  });
});
