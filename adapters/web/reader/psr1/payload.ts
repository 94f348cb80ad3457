import type { MarkKind } from "../view.ts";
import { fromBase64url } from "./bytes.ts";
import type { FileSecret } from "./file.ts";

interface Mark {
  readonly m: MarkKind;
  readonly s: number;
  readonly e: number;
  readonly url?: string;
}

export interface File extends FileSecret {
  readonly name: string;
  readonly mime: string;
  readonly width?: number;
  readonly height?: number;
  readonly thumb?: Uint8Array;
}

export interface Post {
  readonly k: "post" | "edit";
  readonly t: number;
  readonly id: string;
  readonly rev: number;
  readonly text: string;
  readonly marks: readonly Mark[];
  readonly reply: string | null;
  readonly pin: boolean;
  readonly urgent: boolean;
  readonly was: string | null;
  readonly files: readonly File[];
}

interface Place {
  readonly serial: number;
  readonly restart: number;
}

export interface Info {
  readonly k: "info";
  readonly t: number;
  readonly title: string;
  readonly zone: string;
  readonly lang: string;
  readonly history: number;
  readonly origins: readonly string[];
  readonly chains: readonly (Place & {
    readonly first: number;
    readonly last: number | null;
    readonly hash: string | null;
  })[];
  readonly after: (Place & { readonly seq: number }) | null;
  readonly chat: string | null;
  readonly text: string | null;
}

export type Payload =
  | Post
  | Info
  | { readonly k: "retract"; readonly t: number; readonly id: string }
  | {
      readonly k: "digest";
      readonly t: number;
      readonly items: readonly {
        readonly id: string;
        readonly t: number;
        readonly text: string;
        readonly marks: readonly Mark[];
      }[];
    }
  | { readonly k: "note"; readonly t: number; readonly text: string; readonly why: "silent" | "back" | "rep" }
  | { readonly k: "other"; readonly t: number };

const kinds: readonly MarkKind[] = [
  "strong",
  "em",
  "code",
  "strike",
  "under",
  "head",
  "mark",
  "quote",
  "link",
];

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string";
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
/** Unix seconds that a calendar can show. */
const isTime = (value: unknown): value is number => isCount(value) && value < 2 ** 42;
const isId = (value: unknown): value is string => isText(value) && /^[A-Za-z0-9_-]{11}$/.test(value);
const textOr = (value: unknown): string | null => (isText(value) ? value : null);

/** Marks cut to the text; what does not fit is left out, the text stands. */
function marksOf(value: unknown, text: string): readonly Mark[] | null {
  if (!Array.isArray(value)) return null;
  return value.flatMap((item: unknown): Mark[] => {
    if (!isObject(item) || typeof item.s !== "number" || typeof item.e !== "number") return [];
    const m = kinds.find((kind) => kind === item.m);
    const s = Math.max(0, Math.trunc(item.s));
    const e = Math.min(text.length, Math.trunc(item.e));
    if (m === undefined || !(s < e)) return [];
    return [{ m, s, e, ...(isText(item.url) ? { url: item.url } : {}) }];
  });
}

function bytes(value: unknown, length: number): Uint8Array | null {
  const found = isText(value) ? fromBase64url(value) : null;
  return found?.length === length ? found : null;
}

function fileOf(value: unknown): File | null {
  if (!isObject(value)) return null;
  const id = bytes(value.id, 16);
  const key = bytes(value.key, 32);
  const hash = bytes(value.hash, 32);
  if (
    id === null ||
    key === null ||
    hash === null ||
    !isCount(value.size) ||
    !isText(value.name) ||
    !isText(value.mime)
  )
    return null;
  const thumb = isText(value.thumb) ? fromBase64url(value.thumb) : null;
  return {
    id,
    key,
    hash,
    size: value.size,
    name: value.name,
    mime: value.mime,
    ...(isCount(value.w) ? { width: value.w } : {}),
    ...(isCount(value.h) ? { height: value.h } : {}),
    ...(thumb !== null && thumb.length <= 2048 ? { thumb } : {}),
  };
}

function postOf(json: Json, k: "post" | "edit", t: number): Post | null {
  const { id, rev, text } = json;
  if (!isId(id) || !isCount(rev) || !isText(text)) return null;
  if ((k === "post") !== (rev === 0)) return null;
  const marks = marksOf(json.marks, text);
  const files = json.files === undefined ? [] : Array.isArray(json.files) ? json.files.map(fileOf) : null;
  if (marks === null || files === null) return null;
  const whole = files.filter((f) => f !== null);
  if (whole.length !== files.length) return null;
  return {
    k,
    t,
    id,
    rev,
    text,
    marks,
    reply: isId(json.reply) ? json.reply : null,
    pin: json.pin === true,
    urgent: json.urgent === true,
    was: textOr(json.was),
    files: whole,
  };
}

const isPlace = (value: unknown): value is Json & Place =>
  isObject(value) && isCount(value.serial) && isCount(value.restart);

function infoOf(json: Json, t: number): Info | null {
  const { title, zone, lang, history, origins, chains, after } = json;
  if (!isText(title) || !isText(zone) || !isText(lang) || !isCount(history)) return null;
  if (!Array.isArray(origins) || !origins.every(isText) || !Array.isArray(chains)) return null;
  return {
    k: "info",
    t,
    title,
    zone,
    lang,
    history,
    origins,
    chains: chains.flatMap((c: unknown) => {
      if (!isPlace(c) || !isCount(c.first)) return [];
      const hash = bytes(c.hash, 32);
      return [
        {
          serial: c.serial,
          restart: c.restart,
          first: c.first,
          last: isCount(c.last) ? c.last : null,
          hash: hash === null ? null : Array.from(hash, (b) => b.toString(16).padStart(2, "0")).join(""),
        },
      ];
    }),
    after:
      isPlace(after) && isCount(after.seq)
        ? { serial: after.serial, restart: after.restart, seq: after.seq }
        : null,
    chat: textOr(json.chat),
    text: textOr(json.text),
  };
}

/** Decodes a record's text; null where it is no payload of version 1. Unknown kinds are kept and not shown. */
export function decodePayload(text: string): Payload | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  if (text.startsWith("\ufeff") || !isObject(json) || json.v !== 1 || !isTime(json.t) || !isText(json.k))
    return null;
  const { k, t } = json;
  if (k === "post" || k === "edit") return postOf(json, k, t);
  if (k === "info") return infoOf(json, t);
  if (k === "retract") return isId(json.id) ? { k, t, id: json.id } : null;
  if (k === "note") {
    const why = (["silent", "back", "rep"] as const).find((w) => w === json.why);
    return isText(json.text) && why !== undefined ? { k, t, text: json.text, why } : null;
  }
  if (k === "digest") {
    if (!Array.isArray(json.items)) return null;
    const items = json.items.map((item: unknown) => {
      if (!isObject(item) || !isId(item.id) || !isTime(item.t) || !isText(item.text)) return null;
      const marks = marksOf(item.marks, item.text);
      return marks === null ? null : { id: item.id, t: item.t, text: item.text, marks };
    });
    const whole = items.filter((i) => i !== null);
    return whole.length === items.length ? { k, t, items: whole } : null;
  }
  return { k: "other", t };
}
