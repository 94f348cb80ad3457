import type { Info, Post } from "../psr1/payload.ts";
import { type Book, chainOf, type Entry } from "./book.ts";
import { forkOf } from "./fork.ts";

/** A post as it stands: its place is that of its first record, its words are those of its highest revision. */
export interface Standing {
  readonly first: Entry;
  /** The record of the revision that is shown. */
  readonly latest: Entry;
  readonly posted: number;
  readonly post: Post;
  /** Unix seconds of the revision that is shown. */
  readonly changed: number;
  readonly confirmed: boolean;
}

/** A stretch of the room's log of which this device has no records. */
export interface Gap {
  /** Names the stretch by the records around it. */
  readonly key: string;
  /** Unix seconds of the records around it, where they opened. */
  readonly after: number | null;
  readonly before: number | null;
}

/** What follows from the set of records and heads. */
export interface History {
  readonly posts: readonly Standing[];
  /** Notes and digests in their order. */
  readonly others: readonly { readonly entry: Entry; readonly confirmed: boolean }[];
  readonly info: Info | null;
  /** The open chain; null: there is none yet. */
  readonly open: number | null;
  /** The lowest seq of the open chain at which two histories are told; null: there is one. */
  readonly forkAt: number | null;
  readonly rekeyed: boolean;
  readonly damaged: boolean;
  /** Unix seconds at which a chain began that did not take over all that this device had shown; null: none. */
  readonly restored: number | null;
  readonly gaps: readonly Gap[];
  /** Unix seconds of the oldest record that opened. */
  readonly begins: number | null;
  /** The newest visible record. */
  readonly newest: Entry | null;
  /** Every entry whose words are on the page: for remembering what was shown. */
  readonly displayed: readonly Entry[];
}

const byPlace = (a: Entry, b: Entry): number => a.chain - b.chain || a.record.seq - b.record.seq;

/** The only record at a place; undefined where there is none, or more than one. */
function single(byHash: ReadonlyMap<string, Entry> | undefined): Entry | undefined {
  return byHash?.size === 1 ? byHash.values().next().value : undefined;
}

/** What of the closed chains later ones link back to. */
function linkedBack(
  byHash: ReadonlyMap<string, Entry>,
  open: number,
  trusted: readonly Entry[],
): readonly Entry[] {
  const waiting: string[] = [];
  for (const { record, payload } of trusted) {
    if (record.seq === 0) waiting.push(record.prev);
    if (payload?.k === "info") for (const c of payload.chains) if (c.hash !== null) waiting.push(c.hash);
  }
  const found = new Map<string, Entry>();
  for (let hash = waiting.pop(); hash !== undefined; hash = waiting.pop()) {
    const entry = byHash.get(hash);
    if (entry === undefined || entry.chain >= open || found.has(hash)) continue;
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
  const best = new Map<string, { readonly latest: Entry; readonly post: Post }>();
  for (const entry of entries) {
    const p = entry.payload;
    if (p?.k !== "post" && p?.k !== "edit") continue;
    if (p.k === "post" && !first.has(p.id)) first.set(p.id, entry);
    const known = best.get(p.id);
    if (known === undefined || p.rev >= known.post.rev) best.set(p.id, { latest: entry, post: p });
  }
  return [...first].flatMap(([id, entry]) => {
    const winner = best.get(id);
    if (winner === undefined || but.has(id) || entry.payload === null) return [];
    const { latest, post } = winner;
    return [{ first: entry, latest, posted: entry.payload.t, post, changed: post.t, confirmed }];
  });
}

const isOther = (e: Entry): boolean => e.payload?.k === "note" || e.payload?.k === "digest";

/**
 * Where a visible record follows one that is not here although older ones are. With nothing older it is the anchor:
 * there history begins, and no gap is said.
 */
function gapsOf(
  book: Book,
  open: number,
  all: readonly Entry[],
  byHash: ReadonlyMap<string, Entry>,
  visible: readonly Entry[],
  forkAt: number | null,
): readonly Gap[] {
  const gaps: Gap[] = [];
  let older: Entry | undefined;
  let at = 0;
  for (const entry of visible) {
    for (let next = all[at]; next !== undefined && byPlace(next, entry) < 0; next = all[++at]) older = next;
    if (older === undefined || byHash.has(entry.record.prev)) continue;
    const key = `${older.record.hash}.${entry.record.hash}`;
    gaps.push({ key, after: older.payload?.t ?? null, before: entry.payload?.t ?? null });
  }
  const last = all.at(-1);
  const told = [...book.heads.values()].some((h) => chainOf(h) === open && h.seq > (last?.record.seq ?? 0));
  if (told && last !== undefined && forkAt === null)
    gaps.push({ key: `${last.record.hash}.`, after: last.payload?.t ?? null, before: null });
  return gaps;
}

/**
 * A record that does not fit its commitment: in a link's own chain the link is damaged, in a chain above all links
 * the room has a new key. Of a chain that a later one, which opens, has left behind, neither is said.
 */
function keysOf(book: Book, all: readonly Entry[]): { readonly rekeyed: boolean; readonly damaged: boolean } {
  const links = book.keys.map(chainOf);
  const opened = all.findLast((e) => e.payload !== null)?.chain ?? -1;
  const unfit = all.filter((e) => e.fault === "commit" && e.chain >= opened);
  return {
    rekeyed: unfit.some((e) => links.every((link) => e.chain > link)),
    damaged: unfit.some((e) => links.includes(e.chain)),
  };
}

/**
 * When the newest chain began that did not take over what this device had shown of the one before it: the bridge lost
 * it, or it was forged. null: all was taken over.
 */
function restoredAt(book: Book, apart: readonly Entry[]): number | null {
  const chains = [...book.entries.keys()].toSorted((a, b) => a - b);
  const lost = new Set(apart.flatMap((e) => (e.payload === null || e.payload.k === "info" ? [] : [e.chain])));
  const began = [...lost].flatMap((chain) => {
    const next = chains.find((other) => other > chain);
    const first = next === undefined ? undefined : single(book.entries.get(next)?.get(0));
    return first?.payload?.t ?? [];
  });
  return began.length === 0 ? null : Math.max(...began);
}

/** Everything that is shown, as a function of the set alone. `shown`: hashes of records shown on this device before. */
export function historyOf(book: Book, shown: ReadonlySet<string>): History {
  const all = [...book.entries.values()]
    .flatMap((bySeq) => [...bySeq.values()].flatMap((byHash) => [...byHash.values()]))
    .toSorted(byPlace);
  const open = all.at(-1)?.chain ?? null;
  const byHash = new Map(all.map((e) => [e.record.hash, e]));
  const forkAt = open === null ? null : forkOf(book, open, byHash);
  const trusted = [...(book.entries.get(open ?? -1) ?? [])]
    .flatMap(([seq, found]) => (forkAt !== null && seq >= forkAt ? [] : [single(found)]))
    .filter((e) => e !== undefined);
  const visible = [...linkedBack(byHash, open ?? -1, trusted), ...trusted].toSorted(byPlace);
  const gone = new Set(visible.flatMap((e) => (e.payload?.k === "retract" ? [e.payload.id] : [])));
  const confirmed = standing(visible, true, gone);
  const taken = new Set([...gone, ...confirmed.map((p) => p.post.id)]);
  const linked = new Set(visible);
  const apart = all.filter((e) => e.chain !== open && shown.has(e.record.hash) && !linked.has(e));
  const posts = [...confirmed, ...standing(apart, false, taken)].toSorted((a, b) =>
    byPlace(a.first, b.first),
  );
  const others = [...visible, ...apart]
    .filter(isOther)
    .toSorted(byPlace)
    .map((entry) => ({ entry, confirmed: linked.has(entry) }));
  // Where nothing of the open chain names the room yet, what this device was told before still does.
  const infos = [...apart, ...visible].filter((e) => e.payload?.k === "info");
  const info = infos.at(-1)?.payload;
  return {
    posts,
    others,
    info: info?.k === "info" ? info : null,
    open,
    forkAt,
    ...keysOf(book, all),
    restored: restoredAt(book, apart),
    gaps: open === null ? [] : gapsOf(book, open, all, byHash, visible, forkAt),
    begins: visible.find((e) => e.payload !== null)?.payload?.t ?? null,
    newest: visible.at(-1) ?? null,
    displayed: [...posts.flatMap((p) => [p.first, p.latest]), ...others.map((o) => o.entry), ...infos],
  };
}
