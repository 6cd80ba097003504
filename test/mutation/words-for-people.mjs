/**
 * A text with a space in it is for a person: why somebody is asked, what came too late, what an error says. Nothing is
 * decided by it, and a test that held it letter by letter would only be the same sentence a second time. Codes, names,
 * topics and keys have no space and are mutated like everything else.
 */
const wordsForPeople = {
  shouldIgnore({ node }) {
    const said =
      node.type === 'StringLiteral'
        ? [node.value]
        : node.type === 'TemplateLiteral'
          ? node.quasis.map(({ value }) => value.raw)
          : [];
    return said.some((text) => text.includes(' ')) ? 'words for people' : undefined;
  },
};

/** What Stryker loads. */
export const strykerPlugins = [{ kind: 'Ignore', name: 'words-for-people', value: wordsForPeople }];
