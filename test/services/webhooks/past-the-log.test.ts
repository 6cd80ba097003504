import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { ArchiveFolder } from '../../../adapters/archive/archive-folder.js';
import { archiveFacts } from '../../../services/maintenance/archive/archive-facts.js';
import { batch, ending, nodeNamed, report, starting } from '../../contract/journal/decisions.js';
import { DeliverySite } from './delivery-site.js';
import { pastTheLogSuite } from './past-the-log-suite.js';

pastTheLogSuite(() => Promise.resolve(undefined));

it('a replay whose beginning the log has forgotten is told also of what lies in archives', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-past-the-log-'));
  const files = new ArchiveFolder(folder);
  const site = await DeliverySite.open(undefined, { archiveFiles: files });
  try {
    const { journal, archive, archiving: duty } = site.journal;
    await journal.advance(batch([report(nodeNamed('n1'))], { decide: starting([]) }));
    await journal.advance(batch([report(nodeNamed('n1'))], { decide: ending }));
    const published = await site.relay();
    const ids = published
      .filter(({ topic }) => topic === 'maintenance.events')
      .map(({ headers }) => headers['ce_id']);
    await archiveFacts({ archive, duty, files, owner: 'tested', now: () => site.clock.now(), afterMs: 0 });
    expect(await archive.files()).toHaveLength(1);
    await site.forget(['maintenance.events']);
    await site.journal.webhooks.enrol(['s']);
    await site.desk.replay('s', { id: 'again', since: 0 });
    const listener = site.listener();
    site.run([site.subscriber('s', { topic: ['maintenance.events'] }), listener]);
    await expect.poll(() => listener.received.length).toBe(2);
    expect(listener.ids).toEqual(ids);
  } finally {
    await site.close();
    await rm(folder, { recursive: true, force: true });
  }
});
