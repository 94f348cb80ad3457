import { hex } from "../psr1/bytes.ts";
import { CERT_LENGTH } from "../psr1/cert.ts";
import { HEAD_LENGTH, type Head } from "../psr1/head.ts";
import { split } from "../psr1/record.ts";
import { type Book, chainOf, later } from "./book.ts";
import { get, type Net } from "./fetch.ts";

const SEGMENT = 16;
const LARGEST_SEGMENT = SEGMENT * 33_000;
const LARGEST_CERTS = CERT_LENGTH * 1000;
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

/** `behind`: it answered with less than this device knows already. */
export type Synced = "ok" | "behind" | "failed";

const place = (head: Head): string => `${head.serial}.${head.restart}.${head.seq}`;
const folder = (o: SyncOptions): string => `${o.origin}/${hex(o.book.roomId)}`;

async function certs(o: SyncOptions): Promise<boolean> {
  const got = await get(o.net, `${folder(o)}/cert`, { largest: LARGEST_CERTS, signal: o.signal });
  if (got.kind !== "bytes") return false;
  for (let at = 0; at + CERT_LENGTH <= got.bytes.length; at += CERT_LENGTH)
    o.book.addCert(got.bytes.slice(at, at + CERT_LENGTH));
  return true;
}

async function head(o: SyncOptions, after: Head | null): Promise<Head | null> {
  const query = after === null ? "" : `?after=${place(after)}`;
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

/** Seqs of [first, last] that the book lacks, as numbers of segments, newest first. */
function missing(book: Book, chain: number, first: number, last: number): readonly number[] {
  const have = book.entries.get(chain);
  const segments = new Set<number>();
  for (let seq = last; seq >= first; seq--)
    if (have?.has(seq) !== true) segments.add(Math.floor(seq / SEGMENT));
  return [...segments];
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

async function segment(o: SyncOptions, chain: number, n: number, ranged: boolean): Promise<boolean> {
  const from = ranged ? heldBytes(o.book, chain, n) : 0;
  const url = `${folder(o)}/s/${Math.floor(chain / 256)}.${chain % 256}/${n}`;
  const got = await get(o.net, url, {
    largest: LARGEST_SEGMENT,
    signal: o.signal,
    ...(from > 0 ? { from } : {}),
  });
  if (got.kind !== "bytes") return got.kind === "none" && from > 0;
  await o.take(split(got.bytes).records);
  return true;
}

/** Brings everything from one chain's `first` to `last`; false when the place did not give all of it. */
async function chainRange(
  o: SyncOptions,
  chain: number,
  first: number,
  last: number,
  ranged: boolean,
): Promise<boolean> {
  let whole = true;
  const wanted = missing(o.book, chain, first, last);
  // The newest segment alone and first: its text is what the reader waits for.
  for (let i = 0; i < wanted.length && !o.signal.aborted; i += i === 0 ? 1 : 4) {
    const some = wanted.slice(i, i === 0 ? 1 : i + 4);
    const got = await Promise.all(some.map((n) => segment(o, chain, n, ranged)));
    whole &&= got.every(Boolean);
  }
  return whole && missing(o.book, chain, first, last).length === 0;
}

/** What older chains the newest info names, as far as this device may read them. */
function older(
  book: Book,
  open: number,
): readonly { readonly chain: number; readonly first: number; readonly last: number }[] {
  const infos = [...(book.entries.get(open)?.values() ?? [])]
    .flatMap((byHash) => [...byHash.values()])
    .flatMap((e) => (e.payload?.k === "info" ? [{ seq: e.record.seq, info: e.payload }] : []))
    .toSorted((a, b) => b.seq - a.seq);
  return (infos[0]?.info.chains ?? []).flatMap((c) => {
    const chain = chainOf(c);
    const fits = chain < open && chain >= book.lowest && c.last !== null && c.last >= c.first;
    return fits && c.last !== null ? [{ chain, first: c.first, last: c.last }] : [];
  });
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
  if (
    before !== null &&
    later(before, told) &&
    (chainOf(before) !== chainOf(told) || before.seq !== told.seq)
  )
    return { result: "behind", head: told };
  const chain = chainOf(told);
  const whole = await chainRange(o, chain, told.first, told.seq, known !== null);
  if (o.signal.aborted) return { result: "failed", head: told };
  // Chains that were closed: a place may have dropped them, which costs nothing of what is new.
  for (const c of older(o.book, chain)) await chainRange(o, c.chain, c.first, c.last, false);
  return { result: whole ? "ok" : "behind", head: told };
}
