let lastLine = 0;
let lastText = '';

/**
 * Says on stderr what is being waited for: each line on a terminal; elsewhere a new text at once, and the same one every 10 s at most, so
 * that a CI log shows life and no noise.
 */
export function progress(text: string): void {
  const now = Date.now();
  if (text === lastText && now - lastLine < 10_000) return;
  lastLine = now;
  lastText = text;
  process.stderr.write(`stack: ${text}\n`);
}
