import type { Where } from '../../domain/where.js';

/** What a pause is about, in words: `pool gpu or cpu, rack=r1`. */
export function whereText({ labels = {}, ...where }: Where): string {
  const parts = [
    ['cluster', where.clusters],
    ['pool', where.pools],
    ['zone', where.zones],
    ['node', where.nodes],
    ['fault', where.faultTypes],
    ['reporter', where.reporters],
    ['owner', where.owners],
  ] as const;
  const said = [
    ...parts.flatMap(([word, values]) => (values === undefined ? [] : [`${word} ${values.join(' or ')}`])),
    ...Object.entries(labels).map(([label, values]) => `${label}=${values.join(' or ')}`),
  ];
  return said.length === 0 ? 'everything' : said.join(', ');
}
