/** A bot deletes what is younger, ms. */
export const DELETABLE = 48 * 3_600_000;
