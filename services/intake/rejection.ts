/** Why one report of a request was not taken. */
export interface Rejection {
  /** Position in the request, from 0; NDJSON: among the lines that are not blank. */
  readonly index: number;
  /** JSON path in the request. */
  readonly path: string;
  readonly reason: string;
  /** The token may not speak for this node. */
  readonly forbidden?: true;
}
