import { hex } from "../psr1/bytes.ts";
import type { Info, Post } from "../psr1/payload.ts";
import { type Book, chainOf, type Entry } from "./book.ts";

/** A post as it stands: its place is that of its first record, its words are those of its highest revision. */
export interface Standing {
  readonly first: Entry;
  readonly posted: number;
  readonly post: Post;
  /** Unix seconds of the revision that is shown. */
  readonly changed: number;
  readonly confirmed: boolean;
}

/** A stretch of a chain of which this device has no records. */
export interface Gap {
  /** Unix seconds of the records around it, where they opened. */
  readonly after: number | null;
  readonly before: number | null;
}

/** What follows from the set of records and heads. */
export interface History {
  readonly posts: readonly Standing[];
  /** Notes and digests in their order. */
  readonly others: readonly Entry[];
  readonly info: Info | null;
  /** The open chain; null: there is none yet. */
  readonly open: number | null;
  /** The lowest seq of the open chain at which two histories are told; null: there is one. */
  readonly forkAt: number | null;
  readonly rekeyed: boolean;
  readonly damaged: boolean;
  readonly gaps: readonly Gap[];
  /** Unix seconds of the oldest record that opened. */
  readonly begins: number | null;
  /** The newest visible record. */
  readonly newest: Entry | null;
  /** Every visible entry that opened: for remembering what was shown. */
  readonly visible: readonly Entry[];
}

const byPlace = (a: Entry, b: Entry): number => a.chain - b.chain || a.record.seq - b.record.seq;

/** The only record at a place; undefined where there is none, or more than one. */
function single(byHash: ReadonlyMap<string, Entry> | undefined): Entry | undefined {
  return byHash?.size === 1 ? byHash.values().next().value : undefined;
}

/** The lowest seq of a chain that is told in two ways, or whose links or days do not fit. */
function forkOf(book: Book, chain: number): number | null {
  const bySeq = book.entries.get(chain) ?? new Map<number, Map<string, Entry>>();
  const told = new Map<number, Set<string>>();
  const tell = (seq: number, hash: string) => told.set(seq, (told.get(seq) ?? new Set()).add(hash));
  for (const [seq, byHash] of bySeq) for (const hash of byHash.keys()) tell(seq, hash);
  for (const head of book.heads.values()) if (chainOf(head) === chain) tell(head.seq, hex(head.hash));
  const wrong: number[] = [];
  for (const [seq, hashes] of told) if (hashes.size > 1) wrong.push(seq);
  let day = 0;
  for (const seq of [...bySeq.keys()].toSorted((a, b) => a - b)) {
    const entries = [...(bySeq.get(seq)?.values() ?? [])];
    const before = bySeq.get(seq - 1);
    for (const { record, payload } of entries) {
      if (before !== undefined && !before.has(record.prev)) wrong.push(seq);
      if (record.epoch < day) wrong.push(seq);
      if (seq === 0 && payload?.k === "info" && payload.after !== null) {
        const target = book.entries.get(chainOf(payload.after))?.get(payload.after.seq);
        if (target !== undefined && !target.has(record.prev)) wrong.push(0);
      }
    }
    day = Math.max(day, ...entries.map((e) => e.record.epoch));
  }
  return wrong.length === 0 ? null : Math.min(...wrong);
}

/** What of the closed chains later ones link back to, by hash. */
function linkedBack(book: Book, open: number, trusted: readonly Entry[]): readonly Entry[] {
  const byHash = new Map<string, Entry>();
  for (const [chain, bySeq] of book.entries)
    if (chain < open)
      for (const found of bySeq.values()) for (const [hash, entry] of found) byHash.set(hash, entry);
  const waiting: string[] = [];
  for (const { record, payload } of trusted) {
    if (record.seq === 0) waiting.push(record.prev);
    if (payload?.k === "info")
      for (const c of payload.chains) if (c.hash !== null && chainOf(c) < open) waiting.push(c.hash);
  }
  const found = new Map<string, Entry>();
  for (let hash = waiting.pop(); hash !== undefined; hash = waiting.pop()) {
    const entry = byHash.get(hash);
    if (entry === undefined || found.has(hash)) continue;
    found.set(hash, entry);
    waiting.push(entry.record.prev);
  }
  return [...found.values()];
}

/** Posts by id: the highest revision wins, of equal ones the higher place; an edit waits for its post. */
function standing(
  entries: readonly Entry[],
  confirmed: boolean,
  but: ReadonlySet<string>,
): readonly Standing[] {
  const first = new Map<string, Entry>();
  const best = new Map<string, { readonly entry: Entry; readonly post: Post }>();
  for (const entry of entries) {
    const p = entry.payload;
    if (p?.k !== "post" && p?.k !== "edit") continue;
    if (p.k === "post" && !first.has(p.id)) first.set(p.id, entry);
    const known = best.get(p.id);
    if (known === undefined || p.rev >= known.post.rev) best.set(p.id, { entry, post: p });
  }
  return [...first].flatMap(([id, entry]) => {
    const winner = best.get(id);
    if (winner === undefined || but.has(id) || entry.payload === null) return [];
    return [{ first: entry, posted: entry.payload.t, post: winner.post, changed: winner.post.t, confirmed }];
  });
}

/** Missing stretches of the open chain between the oldest record here and the newest one told. */
function gapsOf(book: Book, open: number): readonly Gap[] {
  const bySeq = book.entries.get(open);
  if (bySeq === undefined) return [];
  const have = [...bySeq.keys()].toSorted((a, b) => a - b);
  const heads = [...book.heads.values()].filter((h) => chainOf(h) === open).map((h) => h.seq);
  const time = (seq: number | undefined): number | null =>
    seq === undefined ? null : (single(bySeq.get(seq))?.payload?.t ?? null);
  const gaps: Gap[] = [];
  for (const [i, seq] of have.entries()) {
    const next = have[i + 1];
    if (next !== undefined && next > seq + 1) gaps.push({ after: time(seq), before: time(next) });
  }
  const last = have.at(-1) ?? 0;
  if (heads.some((seq) => seq > last)) gaps.push({ after: time(last), before: null });
  return gaps;
}

/** Everything that is shown, as a function of the set alone. `shown`: hashes of records shown on this device before. */
export function historyOf(book: Book, shown: ReadonlySet<string>): History {
  const chains = [...book.entries.keys()].toSorted((a, b) => a - b);
  const open = chains.at(-1) ?? null;
  if (open === null)
    return {
      posts: [],
      others: [],
      info: null,
      open,
      forkAt: null,
      rekeyed: false,
      damaged: false,
      gaps: [],
      begins: null,
      newest: null,
      visible: [],
    };
  const forkAt = forkOf(book, open);
  const trusted = [...(book.entries.get(open) ?? [])]
    .flatMap(([seq, byHash]) => (forkAt !== null && seq >= forkAt ? [] : [single(byHash)]))
    .filter((e) => e !== undefined)
    .toSorted(byPlace);
  const back = linkedBack(book, open, trusted);
  const visible = [...back, ...trusted].toSorted(byPlace);
  const gone = new Set(visible.flatMap((e) => (e.payload?.k === "retract" ? [e.payload.id] : [])));
  const posts = standing(visible, true, gone);
  const taken = new Set([...gone, ...posts.map((p) => p.post.id)]);
  const linked = new Set(visible.map((e) => e.record.hash));
  const apart = chains
    .filter((c) => c < open)
    .flatMap((c) => [...(book.entries.get(c)?.values() ?? [])].flatMap((byHash) => [...byHash.values()]))
    .filter((e) => shown.has(e.record.hash) && !linked.has(e.record.hash))
    .toSorted(byPlace);
  const infos = visible.flatMap((e) => (e.payload?.k === "info" ? [e.payload] : []));
  const all = [...book.entries.values()].flatMap((s) => [...s.values()].flatMap((h) => [...h.values()]));
  const commits = (above: boolean): boolean =>
    all.some((e) => e.fault === "commit" && e.chain > book.lowest === above) &&
    !all.some((e) => e.chain > book.lowest === above && e.payload !== null);
  const opened = visible.filter((e) => e.payload !== null);
  return {
    posts: [...posts, ...standing(apart, false, taken)].toSorted((a, b) => byPlace(a.first, b.first)),
    others: visible.filter((e) => e.payload?.k === "note" || e.payload?.k === "digest"),
    info: infos.at(-1) ?? null,
    open,
    forkAt,
    rekeyed: commits(true),
    damaged: commits(false),
    gaps: gapsOf(book, open),
    begins: opened[0]?.payload?.t ?? null,
    newest: visible.at(-1) ?? null,
    visible: opened,
  };
}
