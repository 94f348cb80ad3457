import { ascii, Cut, equal, fromBase64url } from "./bytes.ts";
import { hash } from "./crypto.ts";

const LENGTH = 80;

export interface JoinLink {
  readonly kind: "join";
  readonly rootPk: Uint8Array;
  readonly salt: Uint8Array;
  readonly serial: number;
  readonly restart: number;
  readonly epoch: number;
  readonly key: Uint8Array;
  /** Without scheme; empty: the page's own folder. */
  readonly origins: readonly string[];
}

interface Locator {
  readonly kind: "locator";
  /** Hex. */
  readonly roomId: string;
  readonly serial: number;
  readonly restart: number;
  readonly seq: number;
  /** The first 8 bytes of the record's hash, hex. */
  readonly hash: string;
}

export type Link =
  | JoinLink
  | Locator
  | { readonly kind: "renewal"; readonly cert: Uint8Array }
  | { readonly kind: "wrong"; readonly why: "not-a-link" | "link-checksum" };

const wrong = (why: "not-a-link" | "link-checksum"): Link => ({ kind: "wrong", why });

/** An origin of a link as an address with scheme and without a closing slash; null where it is none. */
export function originUrl(origin: string): string | null {
  const local = /^(localhost|127\.0\.0\.1)(:|\/|$)/.test(origin);
  const url = URL.parse(`${local ? "http" : "https"}://${origin}`);
  if (url === null || url.username !== "" || url.search !== "" || url.hash !== "") return null;
  return url.href.replace(/\/+$/, "");
}

function joinLink(data: string, origins: string): Link {
  // What is not as long as a link is not even looked into: it may be of any length.
  const bytes = data.length === ((LENGTH + 4) * 4) / 3 ? fromBase64url(data) : null;
  if (bytes === null) return wrong("link-checksum");
  const x = bytes.slice(0, LENGTH);
  if (x[0] !== 1 || !equal(bytes.subarray(LENGTH), hash(4, null, ascii("PSR1/link"), x)))
    return wrong("link-checksum");
  const cut = new Cut(x);
  cut.take(1);
  return {
    kind: "join",
    rootPk: cut.take(32),
    salt: cut.take(8),
    serial: cut.number(2),
    restart: cut.number(1),
    epoch: cut.number(4),
    key: cut.take(32),
    origins: origins
      .split("~")
      .filter((o) => o !== "")
      .map((o) => o.replaceAll("%7E", "~").replaceAll("%7e", "~")),
  };
}

/** Reads a link, or its fragment alone, as typed, pasted or opened. */
export function readLink(text: string): Link {
  const fragment = text.trim().replace(/^[^#]*#/, "");
  const join = /^j\.([A-Za-z0-9_-]+)(?:\.(.*))?$/s.exec(fragment);
  if (join?.[1] !== undefined) return joinLink(join[1], join[2] ?? "");
  const place = /^p\.([0-9a-f]{32})\.(\d{1,5})\.(\d{1,3})\.(\d{1,15})\.([A-Za-z0-9_-]{11})$/.exec(fragment);
  if (place !== null) {
    const [, roomId = "", serial, restart, seq, short = ""] = place;
    const bytes = fromBase64url(short) ?? new Uint8Array();
    const hash8 = Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
    return {
      kind: "locator",
      roomId,
      serial: Number(serial),
      restart: Number(restart),
      seq: Number(seq),
      hash: hash8,
    };
  }
  const renewal = /^a\.([A-Za-z0-9_-]+)$/.exec(fragment)?.[1];
  const cert = renewal === undefined ? null : fromBase64url(renewal);
  return cert === null ? wrong("not-a-link") : { kind: "renewal", cert };
}
