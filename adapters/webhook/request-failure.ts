/** Why a request got no answer: the code that Node or undici gives, else an empty text, and all of it in one line. */
export function requestFailure(error: unknown): { readonly code: string; readonly reason: string } {
  if (!(error instanceof Error)) return { code: '', reason: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return { code, reason: `${code === '' ? error.name : code}: ${error.message}` };
}
