import { hex } from "../psr1/bytes.ts";
import { type Book, chainOf, type Entry } from "./book.ts";

/**
 * A chain's first record names, as the one before it, another than the one that it hashes. Told only of a record in
 * hand: another one at that place may be a forgery that this chain just closed.
 */
function misplaced({ record, payload }: Entry, byHash: ReadonlyMap<string, Entry>): boolean {
  if (payload?.k !== "info" || payload.after === null) return false;
  const target = byHash.get(record.prev);
  if (target === undefined) return /^0+$/.test(record.prev);
  return target.chain !== chainOf(payload.after) || target.record.seq !== payload.after.seq;
}

/**
 * The lowest seq of a chain that records or heads tell in two ways, or at which the link to the record before, or
 * the day, does not fit; null: it has one history.
 */
export function forkOf(book: Book, chain: number, byHash: ReadonlyMap<string, Entry>): number | null {
  const bySeq = book.entries.get(chain) ?? new Map<number, Map<string, Entry>>();
  const told = new Map<number, Set<string>>();
  const tell = (seq: number, hash: string) => told.set(seq, (told.get(seq) ?? new Set()).add(hash));
  for (const [seq, found] of bySeq) for (const hash of found.keys()) tell(seq, hash);
  for (const head of book.heads.values()) if (chainOf(head) === chain) tell(head.seq, hex(head.hash));
  const wrong: number[] = [];
  for (const [seq, hashes] of told) if (hashes.size > 1) wrong.push(seq);
  let day = 0;
  for (const seq of [...bySeq.keys()].toSorted((a, b) => a - b)) {
    const entries = [...(bySeq.get(seq)?.values() ?? [])];
    for (const entry of entries) {
      const { prev, epoch } = entry.record;
      const fits = told.get(seq - 1)?.has(prev) ?? true;
      if (!fits || epoch < day || (seq === 0 && misplaced(entry, byHash))) wrong.push(seq);
    }
    day = Math.max(day, ...entries.map((e) => e.record.epoch));
  }
  return wrong.length === 0 ? null : Math.min(...wrong);
}
