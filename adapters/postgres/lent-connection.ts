import type pg from 'pg';

const ignore = (): void => undefined;

/**
 * A connection out of the pool, until it is given back. Meanwhile nobody else listens for its errors, and one that breaks
 * would end the process: whoever has it hears of that from its queries, which fail.
 */
export async function borrow(pool: pg.Pool): Promise<pg.PoolClient> {
  const client = await pool.connect();
  client.on('error', ignore);
  return client;
}

/** @param isBroken it is closed and not used again, with whatever it holds */
export function giveBack(client: pg.PoolClient, isBroken: boolean): void {
  client.off('error', ignore);
  client.release(isBroken);
}
