/**
 * A letter that says what it is, and 16 hexadecimal digits: short enough to be typed, and no two are the same by chance.
 * @param uuid drawn at random
 */
export function shortId<Letter extends string>(letter: Letter, uuid: string): `${Letter}-${string}` {
  return `${letter}-${uuid.replaceAll('-', '').slice(0, 16)}`;
}
