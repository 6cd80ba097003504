import { Marked } from 'marked';

const style = `body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24; background: #fff; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid #d0d7de; padding: 0.25rem 0.6rem; text-align: left; vertical-align: top; }
th { background: #f6f8fa; }
code { font: 0.9em ui-monospace, monospace; background: #f6f8fa; padding: 0 0.2em; }
a { color: #0550ae; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #d0d7de; }
@media (prefers-color-scheme: dark) {
  body { color: #e6edf3; background: #0d1117; }
  th, code { background: #161b22; }
  th, td, h2 { border-color: #30363d; }
  a { color: #58a6ff; }
}`;

/** As GitHub names the headings of the same text: its links lead there too. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
}

/** The document of events as one page of HTML that needs nothing else: no script, no font, no network. */
export function eventsPage(markdown: string): string {
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }) {
        return `<h${depth} id="${anchorOf(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
    },
  });
  const body = marked.parse(markdown, { async: false });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Faultline: events</title>
<style>
${style}
</style>
</head>
<body>
${body}</body>
</html>
`;
}
