const form = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:\d\d)?)?$/;

/**
 * The moment (ms) that a text says in ISO 8601: a day, or a day and a time; UTC where it names no offset. Undefined: it says none.
 * What else the language takes for a date it is a trap to believe: it reads a number as a year, and the 31st of February as the
 * 3rd of March.
 */
export function parseInstantMs(text: string): number | undefined {
  const [, day = '', time = '00:00', offset = 'Z'] = form.exec(text) ?? [];
  const at = Date.parse(`${day}T${time}${offset}`);
  if (Number.isNaN(at)) return undefined;
  return new Date(Date.parse(`${day}T00:00Z`)).toISOString().startsWith(day) ? at : undefined;
}
