import { type Book, chainOf } from "./book.ts";

/** A closed chain as a later one names it: where its linked records begin and end. */
export interface BackChain {
  readonly chain: number;
  /** The first seq that was kept when it was named. */
  readonly first: number;
  readonly last: number;
  /** Hex hash of the record at `last`. */
  readonly hash: string;
}

/**
 * The closed chains that the newest info of the open one names, newest first, as far as links reach; null where no
 * info opens (the room has a new key).
 */
export function backChains(book: Book, open: number): readonly BackChain[] | null {
  const infos = [...(book.entries.get(open)?.values() ?? [])]
    .flatMap((byHash) => [...byHash.values()])
    .flatMap((e) => (e.payload?.k === "info" ? [{ seq: e.record.seq, chains: e.payload.chains }] : []));
  const newest = infos.toSorted((a, b) => b.seq - a.seq)[0];
  if (newest === undefined) return null;
  return newest.chains
    .flatMap(({ first, last, hash, ...place }) => {
      const chain = chainOf(place);
      if (last === null || hash === null || chain >= open || chain < book.lowest) return [];
      return [{ chain, first, last, hash }];
    })
    .toSorted((a, b) => b.chain - a.chain);
}

/**
 * The highest seq of a closed chain that is linked back but not here; null: all of it down to its first is. Records
 * at the same place that are not linked do not count: they may be a forger's.
 */
export function missingBack(book: Book, { chain, first, last, hash }: BackChain): number | null {
  let wanted = hash;
  for (let seq = last; seq >= first; seq--) {
    const entry = book.entries.get(chain)?.get(seq)?.get(wanted);
    if (entry === undefined) return seq;
    wanted = entry.record.prev;
  }
  return null;
}
