import { expect, it } from 'vitest';

import { catalog } from '../../../schemas/catalog.js';
import { eventsDocument } from '../../../schemas/documents/events-document.js';
import { eventsPage } from '../../../schemas/documents/events-page.js';

const page = eventsPage(eventsDocument());

it('names every topic of the catalog', () => {
  for (const { topic } of catalog) expect(page).toContain(`<code>${topic}</code>`);
});

it('has a place for each of its own links', () => {
  const wanted = [...page.matchAll(/href="#([^"]+)"/g)].map(([, anchor]) => anchor);
  const there = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, anchor]) => anchor));
  expect(wanted.length).toBeGreaterThan(5);
  expect(wanted.filter((anchor) => !there.has(anchor))).toEqual([]);
});

it('needs nothing but itself: no script, no font and no picture from elsewhere', () => {
  expect(page).not.toMatch(/<script|<link|<img|@import|url\(/);
});

it('writes what stands in a description as text, not as markup', () => {
  expect(eventsPage('# a <b> & c\n\n`<script>`')).toContain('<code>&lt;script&gt;</code>');
});
