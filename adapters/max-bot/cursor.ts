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
});

/** How far MAX has been read. */
export type Place = Readonly<z.infer<typeof Place>>;

export const start: Place = { v: 1, marker: null, at: null, known: [] };

export const encode = (place: Place): Cursor => Cursor.parse(JSON.stringify(place));

/** A stored cursor; one that cannot be read counts as none: then the history is read again, and nothing comes twice. */
export function decode(cursor: Cursor | null): Place {
  if (cursor === null) return start;
  try {
    return Place.safeParse(JSON.parse(cursor)).data ?? start;
  } catch {
    return start;
  }
}

/** Whether updates between two markers were lost: the numbers went on further than what was given. */
export function gap(before: string | null, after: string | null, given: number): boolean {
  if (before === null || after === null || !/^\d+$/.test(before) || !/^\d+$/.test(after)) return false;
  return BigInt(after) - BigInt(before) > BigInt(given);
}
