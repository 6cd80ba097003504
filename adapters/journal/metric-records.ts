/** A verdict that says the same again is recorded anew after so long, ms: that none is older tells by which numbers leave was given. */
export const recordEveryMs = 600_000;
