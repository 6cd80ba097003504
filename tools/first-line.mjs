/** What comes first of a text that is more than empty lines. */
export function firstLine(text) {
  return (text.split('\n').find((line) => line.trim() !== '') ?? 'said nothing').trim();
}
