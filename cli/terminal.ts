import { once } from 'node:events';

/** Where a command writes, and what it knows of its surroundings; tests put their own in place. */
export interface Terminal {
  /** Results only. */
  out(text: string): void;
  /** The same for results that are no text. */
  outBytes(bytes: Uint8Array): void;
  /** A person reads stdout: no place for bytes. */
  readonly outIsShown: boolean;
  /** Resolves when stdout takes more: for results of any length. */
  drained(): Promise<void>;
  /** Progress, hints and errors. */
  err(text: string): void;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Colour on stdout. */
  readonly colour: boolean;
  /** A person reads stderr. */
  readonly interactive: boolean;
  /** Aborts at SIGINT or SIGTERM, with the signal as its reason. */
  readonly interrupted: AbortSignal;
  /** Has SIGHUP heard instead of ending the process; where a person sits at it, closing the window still ends it. */
  onHangup(heard: () => void): void;
  readStdin(): Promise<string>;
}

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interruption.abort(signal);
    });
  }
  // `faultline get … | head`: the reader has seen enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
  });
  const noColour = process.env['NO_COLOR'];
  return {
    out: (text) => void process.stdout.write(text),
    outBytes: (bytes) => void process.stdout.write(bytes),
    outIsShown: process.stdout.isTTY,
    drained: async () => {
      if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
    },
    err: (text) => void process.stderr.write(text),
    environment: process.env,
    colour: process.stdout.isTTY && (noColour === undefined || noColour === ''),
    interactive: process.stderr.isTTY,
    interrupted: interruption.signal,
    onHangup: (heard) => {
      if (!process.stdin.isTTY) process.on('SIGHUP', heard);
    },
    readStdin: () => readAll(process.stdin),
  };
}
