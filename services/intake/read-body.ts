import { isUtf8 } from 'node:buffer';

/** One JSON value of a request, or why there is none. */
export type BodyItem =
  | { readonly index: number; readonly path: string; readonly value: unknown }
  | { readonly index: number; readonly path: string; readonly reason: string };

/** So that an answer that names each bad one stays readable, and one request can't hold up all others. */
export const maximumReports = 10_000;

/** More reports than one request may bring. */
export class TooManyReports extends Error {
  override readonly name = 'TooManyReports';
}

function mayHold(count: number): void {
  if (count > maximumReports)
    throw new TooManyReports(`at most ${maximumReports} reports are taken at once: split them`);
}

/** The request as a whole can't be read. */
export class BodyUnreadable extends Error {
  override readonly name = 'BodyUnreadable';
}

/** A JSON body: one value, or the items of an array. Throws BodyUnreadable or TooManyReports. */
export function readJson(body: Buffer): readonly BodyItem[] {
  const value = parseJson(body);
  if (!Array.isArray(value)) return [{ index: 0, path: '$', value }];
  mayHold(value.length);
  return value.map((item: unknown, index) => ({ index, path: `$[${index}]`, value: item }));
}

/** A JSON body as one value. Throws BodyUnreadable. */
export function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw new BodyUnreadable('the body is not UTF-8');
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new BodyUnreadable(`the body is not JSON: ${problem(error)}`);
  }
}

const newline = 0x0a;

/** A body of one JSON value a line; a line that can't be read does not touch its neighbours. Blank lines are skipped. Throws TooManyReports. */
export function readNdjson(body: Buffer): readonly BodyItem[] {
  const items: BodyItem[] = [];
  const whole = isUtf8(body);
  for (let start = 0, line = 1; start < body.length; line += 1) {
    const found = body.indexOf(newline, start);
    const end = found < 0 ? body.length : found;
    const bytes = body.subarray(start, end);
    start = end + 1;
    const text = bytes.toString('utf8').trim();
    if (text === '') continue;
    const index = items.length;
    mayHold(index + 1);
    const place = { index, path: `$[${index}]` };
    if (!whole && !isUtf8(bytes)) items.push({ ...place, reason: `line ${line} is not UTF-8` });
    else items.push(readLine(text, line, place));
  }
  return items;
}

function readLine(text: string, line: number, place: { index: number; path: string }): BodyItem {
  try {
    return { ...place, value: JSON.parse(text) as unknown };
  } catch (error) {
    return { ...place, reason: `line ${line} is not JSON: ${problem(error)}` };
  }
}

function problem(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : 'unreadable';
}
