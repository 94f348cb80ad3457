import { hex } from "../psr1/bytes.ts";
import { CERT_LENGTH } from "../psr1/cert.ts";
import { HEAD_LENGTH, type Head } from "../psr1/head.ts";
import { split } from "../psr1/record.ts";
import { backChains, missingBack } from "./back.ts";
import { type Book, chainOf, later } from "./book.ts";
import { get, type Net } from "./fetch.ts";

const SEGMENT = 16;
const LARGEST_SEGMENT = SEGMENT * 33_000;
const LARGEST_CERTS = CERT_LENGTH * 1000;
/** Records of one chain that are asked for at most: a head may claim any number. */
const MOST = 50_000;
/** Segments asked for at the same time. */
const AT_ONCE = 4;
/** A held question may stay silent for this long, ms. */
const HELD = 32_000;

export interface SyncOptions {
  readonly net: Net;
  readonly book: Book;
  /** An address with scheme, without a closing slash. */
  readonly origin: string;
  /** Takes records in slices; resolves when they are in the book. */
  readonly take: (records: readonly Uint8Array[]) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * `behind`: it answered with less than this device knows, or has not all that it tells of. `stale`: it has every
 * record, but its last word is older than the one known.
 */
export type Synced = "ok" | "stale" | "behind" | "failed";

const folder = (o: SyncOptions): string => `${o.origin}/${hex(o.book.roomId)}`;

async function certs(o: SyncOptions): Promise<boolean> {
  const got = await get(o.net, `${folder(o)}/cert`, { largest: LARGEST_CERTS, signal: o.signal });
  if (got.kind !== "bytes") return false;
  for (let at = 0; at + CERT_LENGTH <= got.bytes.length; at += CERT_LENGTH)
    o.book.addCert(got.bytes.slice(at, at + CERT_LENGTH));
  return true;
}

async function head(o: SyncOptions, after: Head | null): Promise<Head | null> {
  const query = after === null ? "" : `?after=${after.serial}.${after.restart}.${after.seq}`;
  const got = await get(o.net, `${folder(o)}/head${query}`, {
    largest: HEAD_LENGTH,
    signal: o.signal,
    ...(after === null ? {} : { patience: HELD }),
  });
  if (got.kind !== "bytes") return null;
  let added = o.book.addHead(got.bytes);
  // Signed under a certificate that is new: it stands in the list of all.
  if (!added.ok && added.fault === "certificate" && (await certs(o))) added = o.book.addHead(got.bytes);
  return added.ok ? added.head : null;
}

/**
 * Segments of [first, last] to ask for, newest first: those with records that the book lacks and, on a fresh look,
 * all from its last one on, so that who has everything asks like who has all but the newest.
 */
function segmentsOf(
  book: Book,
  chain: number,
  first: number,
  last: number,
  fresh: boolean,
): readonly number[] {
  const have = book.entries.get(chain);
  const wanted = new Set<number>();
  let again = fresh;
  for (let seq = last; seq >= Math.max(first, last - MOST); seq--) {
    const held = have?.has(seq) === true;
    if (!held || again) wanted.add(Math.floor(seq / SEGMENT));
    again &&= !held;
  }
  return [...wanted];
}

/** Bytes of the records in hand from a segment's beginning on, where they follow one another without a hole. */
function heldBytes(book: Book, chain: number, segment: number): number {
  let size = 0;
  for (let seq = segment * SEGMENT; seq < (segment + 1) * SEGMENT; seq++) {
    const found = book.entries.get(chain)?.get(seq);
    const entry = found?.size === 1 ? found.values().next().value : undefined;
    if (entry === undefined) break;
    size += entry.record.bytes.length;
  }
  return size;
}

/** Asks for one segment, or within an open page for the rest of it; false when there is nothing. */
async function segment(o: SyncOptions, chain: number, n: number, ranged: boolean): Promise<boolean> {
  const from = ranged ? heldBytes(o.book, chain, n) : 0;
  const url = `${folder(o)}/s/${Math.floor(chain / 256)}.${chain % 256}/${n}`;
  const got = await get(o.net, url, {
    largest: LARGEST_SEGMENT,
    signal: o.signal,
    ...(from > 0 ? { from } : {}),
  });
  if (got.kind !== "bytes") return false;
  await o.take(split(got.bytes).records);
  return true;
}

/** Asks for segments a few at a time; stops where a place has none of them. */
async function bring(
  o: SyncOptions,
  chain: number,
  wanted: readonly number[],
  ranged: boolean,
): Promise<void> {
  // The newest alone and first: its text is what the reader waits for.
  for (let i = 0; i < wanted.length && !o.signal.aborted; i += i === 0 ? 1 : AT_ONCE) {
    const some = wanted.slice(i, i === 0 ? 1 : i + AT_ONCE);
    const got = await Promise.all(some.map((n) => segment(o, chain, n, ranged)));
    if (i > 0 && !got.some(Boolean)) return;
  }
}

/** Where a new key hides what is closed: asks on in the newest chain that is known to open, while there is more. */
async function bringOn(o: SyncOptions, open: number): Promise<void> {
  const known = [...o.book.entries.keys(), ...o.book.keys.map(chainOf)].filter((chain) => chain < open);
  if (known.length === 0) return;
  const chain = Math.max(...known);
  const held = () => Math.max(-1, ...(o.book.entries.get(chain)?.keys() ?? []));
  for (let n = Math.floor(Math.max(0, held()) / SEGMENT); !o.signal.aborted; n++) {
    await segment(o, chain, n, false);
    if (held() < (n + 1) * SEGMENT - 1) return;
  }
}

/** Brings what later chains link back to of those that are closed. A place may have dropped it. */
async function bringBack(o: SyncOptions, open: number): Promise<void> {
  if (backChains(o.book, open) === null) return bringOn(o, open);
  for (const closed of backChains(o.book, open) ?? []) {
    let before = -1;
    for (let seq = missingBack(o.book, closed); seq !== null && seq !== before && !o.signal.aborted; ) {
      const n = Math.floor(seq / SEGMENT);
      const some = Array.from({ length: AT_ONCE }, (_, i) => n - i).filter(
        (m) => m === n || (m >= 0 && (m + 1) * SEGMENT > closed.first),
      );
      await Promise.all(some.map((m) => segment(o, closed.chain, m, false)));
      before = seq;
      seq = missingBack(o.book, closed);
    }
  }
}

/**
 * One round with one place: certificates, head, and the segments that are missing. `known`: null for a fresh look;
 * otherwise the head of the open page, whose place is told so that the answer is held until there is more.
 */
export async function syncOnce(
  o: SyncOptions,
  known: Head | null,
): Promise<{ readonly result: Synced; readonly head: Head | null }> {
  if (o.book.certs.size === 0 && !(await certs(o))) return { result: "failed", head: null };
  const before = o.book.newestHead();
  const told = await head(o, known);
  if (told === null) return { result: "failed", head: null };
  const chain = chainOf(told);
  const fresh = known === null;
  await bring(o, chain, segmentsOf(o.book, chain, told.first, told.seq, fresh), !fresh);
  if (fresh || chainOf(known) !== chain) await bringBack(o, chain);
  if (o.signal.aborted) return { result: "failed", head: told };
  const lacks = segmentsOf(o.book, chain, told.first, told.seq, false).length > 0;
  if (before === null || !later(before, told)) return { result: lacks ? "behind" : "ok", head: told };
  const same = chainOf(before) === chain && before.seq === told.seq;
  return { result: same && !lacks ? "stale" : "behind", head: told };
}
