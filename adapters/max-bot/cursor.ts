import { z } from "zod";
import { Cursor } from "../../bridge/model/ids.ts";

const Place = z.object({
  v: z.literal(1),
  /** The next update expected, decimal; null: none was ever given. */
  marker: z.string().nullable(),
  /** MAX's time at which everything before had been read, ms UTC. */
  at: z.number().nullable(),
  /** Channels that were contacted before. */
  known: z.array(z.string()),
  /** Channels that could not be read yet: since when (MAX's time, ms UTC) their posts are wanted. */
  since: z.record(z.string(), z.number()).default({}),
  /** Nothing is asked before (our time, ms UTC): MAX said so. */
  closed: z.number().default(0),
});

/** How far MAX has been read. */
export type Place = Readonly<z.infer<typeof Place>>;

export const start: Place = { v: 1, marker: null, at: null, known: [], since: {}, closed: 0 };

export const encode = (place: Place): Cursor => Cursor.parse(JSON.stringify(place));

/** A stored cursor; null for one that cannot be read. */
export function decode(cursor: Cursor): Place | null {
  try {
    return Place.safeParse(JSON.parse(cursor)).data ?? null;
  } catch {
    return null;
  }
}

/**
 * Whether updates between two markers may have been lost: the numbers went on further than what was given, or back.
 * MAX does not promise that they have no holes, so this is a reason to look at the histories and nothing more.
 */
export function gap(before: string | null, after: string | null, given: number): boolean {
  if (before === null || after === null) return false;
  const step = BigInt(after) - BigInt(before);
  return step < 0n || step > BigInt(given);
}
