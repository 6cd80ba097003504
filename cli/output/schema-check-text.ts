import type { SchemaCheck } from '../../schemas/check.js';

/** For people; nothing when there are problems, which are told apart. */
export function schemaCheckText({ problems, unpublished }: SchemaCheck): string {
  if (problems.length > 0) return '';
  const open = unpublished.map((file) => `${file}: not published yet, may still be edited\n`);
  return ['what is published stands as it was published\n', ...open].join('');
}
