import { base64url } from "../psr1/bytes.ts";
import type { Head } from "../psr1/head.ts";
import type { File, Payload } from "../psr1/payload.ts";
import type { Banner, RoomView, ViewFile, ViewItem } from "../view.ts";
import type { Book, Entry } from "./book.ts";
import type { Gap, History, Standing } from "./history.ts";
import { wordsOf } from "./words.ts";

/** What the page knows of a room besides its set of records. Times in unix seconds. */
export interface Circumstances {
  readonly id: string;
  readonly now: number;
  readonly loading: boolean;
  /** Names of gaps that stayed after one more try at every place. */
  readonly gaps: ReadonlySet<string>;
  readonly offline: boolean;
  /** All that answered told less than this device knows. */
  readonly behind: boolean;
  readonly locatorDisagrees: boolean;
  readonly pointedMissing: boolean;
  readonly contact: number | null;
  readonly read: readonly [number, number] | null;
}

const HOUR = 3600;
const MIRROR_SILENT = 3 * HOUR;
const SOURCE_SILENT = 6 * HOUR;
const CLOCK = 48 * HOUR;
const SOON = 30 * 24 * HOUR;
/** So long it is said that a new chain began without all that was there: posts that came again bear a later time. */
const RESTORED = 7 * 24 * HOUR;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff/\\:*?"<>|]/g;

/** A file's name without bidi, control and path characters, of whole characters, and never empty. */
function cleanName(name: string): string {
  const clean = name.replaceAll(unsafe, "").replace(/^\.+/, "").trim().slice(0, 120).toWellFormed();
  return clean === "" ? "file" : clean;
}

function fileView(file: File): ViewFile {
  return {
    id: base64url(file.id),
    name: cleanName(file.name),
    mime: file.mime,
    size: file.size,
    ...(file.width === undefined ? {} : { width: file.width }),
    ...(file.height === undefined ? {} : { height: file.height }),
    ...(file.thumb === undefined ? {} : { thumb: file.thumb }),
  };
}

const placeOf = (entry: Entry): readonly [number, number] => [entry.chain, entry.record.seq];
const after = (a: readonly [number, number], b: readonly [number, number] | null): boolean =>
  b === null || a[0] > b[0] || (a[0] === b[0] && a[1] > b[1]);

const EXCERPT = 90;

function postView(s: Standing, texts: ReadonlyMap<string, string>, c: Circumstances): ViewItem {
  const { post } = s;
  const excerpt = post.reply === null ? null : (texts.get(post.reply) ?? null);
  return {
    type: "post",
    id: post.id,
    t: s.posted,
    text: post.text,
    marks: post.marks,
    files: post.files.map(fileView),
    pin: post.pin,
    urgent: post.urgent,
    edited: post.was === null ? null : { t: s.changed, was: post.was },
    reply:
      post.reply === null ? null : { id: post.reply, excerpt: excerpt === null ? null : shorten(excerpt) },
    confirmed: s.confirmed,
    unread: after(placeOf(s.first), c.read),
  };
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= EXCERPT ? line : `${line.slice(0, EXCERPT).toWellFormed()}…`;
}

function otherViews(
  { entry, confirmed }: History["others"][number],
  taken: ReadonlySet<string>,
  c: Circumstances,
): readonly ViewItem[] {
  const base = { files: [], pin: false, urgent: false, edited: null, reply: null, confirmed } as const;
  const p: Payload | null = entry.payload;
  const unread = after(placeOf(entry), c.read);
  const key = `${entry.chain}.${entry.record.seq}`;
  if (p?.k === "note")
    return [
      { ...base, type: "note", id: `note.${key}`, t: p.t, text: p.text, marks: [], why: p.why, unread },
    ];
  if (p?.k !== "digest") return [];
  return p.items
    .filter((item) => !taken.has(item.id))
    .map((item, i) => ({
      ...base,
      type: "digest",
      id: `digest.${key}.${i}`,
      t: item.t,
      text: item.text,
      marks: item.marks,
      unread,
    }));
}

const gapBanner = ({ after, before }: Gap, local: boolean): Banner => ({ kind: "gap", after, before, local });

/**
 * How far the device's clock and the room's last word are apart, seconds; 0 where nothing was heard that could tell.
 * A word from the future always tells; an old one only while a place answers (offline it is merely old).
 */
function clockOff(head: Head, c: Circumstances): number {
  const off = head.made - c.now;
  return off > 0 || !(c.offline || c.loading) ? Math.abs(off) : 0;
}

function banners(book: Book, h: History, c: Circumstances): readonly Banner[] {
  const out: Banner[] = [];
  if (h.forkAt !== null) out.push({ kind: "two-histories" });
  if (h.rekeyed) out.push({ kind: "rekeyed" });
  if (h.damaged) out.push({ kind: "link-damaged" });
  // The newest certificate known: one that came by a renewal is in force with the bridge's next chain.
  const cert = h.open === null ? undefined : book.certs.get(Math.max(...book.certs.keys()));
  if (cert !== undefined && cert.notAfter < c.now)
    out.push({ kind: "certificate-expired", at: cert.notAfter });
  else if (cert !== undefined && cert.notAfter - SOON < c.now)
    out.push({ kind: "certificate-expiring", at: cert.notAfter });
  if (c.behind) out.push({ kind: "rolled-back" });
  if (c.locatorDisagrees) out.push({ kind: "locator-disagrees" });
  if (c.pointedMissing && !c.loading) out.push({ kind: "pointed-missing" });
  const head = book.newestHead();
  const off = head === null ? 0 : clockOff(head, c);
  if (off > CLOCK) out.push({ kind: "clock", hours: Math.round(off / HOUR) });
  if (c.offline) out.push({ kind: "offline" });
  if (head !== null && !c.loading) {
    const silent = c.now - head.made > MIRROR_SILENT;
    if (silent) out.push({ kind: "mirror-silent", since: head.made });
    // Of the source a silent mirror tells nothing newer than its own last word.
    if ((silent ? head.made : c.now) - head.seen > SOURCE_SILENT)
      out.push({ kind: "source-silent", since: head.seen });
  }
  const apart = h.posts.some((p) => !p.confirmed) || h.others.some((o) => !o.confirmed);
  if (apart || (h.restored !== null && c.now - h.restored < RESTORED)) out.push({ kind: "restored" });
  out.push(...h.gaps.filter((gap) => c.gaps.has(gap.key)).map((gap) => gapBanner(gap, c.offline)));
  if (h.begins !== null && !c.loading) out.push({ kind: "history-begins", at: h.begins });
  return out;
}

/** A room as the page draws it. */
export function show(book: Book, h: History, c: Circumstances): RoomView {
  const texts = new Map(h.posts.map((p) => [p.post.id, p.post.text]));
  const taken = new Set(texts.keys());
  const placed = [
    ...h.posts.map((p) => ({ place: placeOf(p.first), items: [postView(p, texts, c)] })),
    ...h.others.map((o) => ({ place: placeOf(o.entry), items: otherViews(o, taken, c) })),
  ].toSorted((a, b) => a.place[0] - b.place[0] || a.place[1] - b.place[1]);
  const items = placed.flatMap((p) => p.items);
  const { info, newest } = h;
  return {
    id: c.id,
    title: info?.title ?? null,
    zone: info?.zone ?? "Europe/Moscow",
    items,
    banners: banners(book, h, c),
    unread: items.filter((i) => i.unread).length,
    loading: c.loading,
    contact: c.contact,
    compare:
      newest === null
        ? null
        : {
            words: wordsOf(newest.record.hash),
            chain: `${newest.record.serial}.${newest.record.restart}`,
            seq: newest.record.seq,
          },
    telegram: info?.chat ?? null,
    welcome: info?.text ?? null,
  };
}

/** The place up to which everything counts as read when `item` was read. */
export function placeOfItem(h: History, item: string): readonly [number, number] | null {
  const post = h.posts.find((p) => p.post.id === item);
  if (post !== undefined) return placeOf(post.first);
  const [, chain, seq] = item.split(".");
  const other = h.others.find(
    ({ entry }) => entry.chain === Number(chain) && entry.record.seq === Number(seq),
  );
  return other === undefined ? null : placeOf(other.entry);
}
