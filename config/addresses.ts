/** Addresses as people write them. Each reader answers null for what it does not understand. */

const isLocal = (host: string): boolean => host === "localhost" || host === "127.0.0.1";

function parse(written: string): URL | null {
  return URL.canParse(written) ? new URL(written) : null;
}

/** An https address (http for this machine alone), without user, query and fragment; a closing slash is dropped. */
export function readUrl(written: string): string | null {
  const url = parse(written.trim());
  if (url === null || url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    return null;
  const secure = url.protocol === "https:" || (url.protocol === "http:" && isLocal(url.hostname));
  return secure ? url.href.replace(/\/+$/, "") : null;
}

/**
 * A place where a room's log is kept, as a link and an `info` write it: without scheme (https; http for localhost
 * and 127.0.0.1), with path. Takes it with or without its scheme.
 */
export function readOrigin(written: string): string | null {
  const text = written.trim();
  if (/[\s,]/.test(text) || !/^[\p{L}\p{N}[]/u.test(text)) return null;
  const host = /^[^/:]+/.exec(text)?.[0] ?? "";
  const url = readUrl(text.includes("://") ? text : `${isLocal(host) ? "http" : "https"}://${text}`);
  if (url === null) return null;
  const local = isLocal(new URL(url).hostname);
  // The reader knows one scheme for each kind of host: the other could never be written into a link.
  return url.startsWith("http:") === local ? url.replace(/^https?:\/\//, "") : null;
}

/** The address at which an origin is asked. */
export function originUrl(origin: string): string {
  return `${/^(?:localhost|127\.0\.0\.1)(?:[:/]|$)/.test(origin) ? "http" : "https"}://${origin}`;
}

/** http, https and socks5 proxies; user and password may be in it, so it is handled as a secret. */
export function isProxy(written: string): boolean {
  const url = parse(written);
  return (
    url !== null &&
    ["http:", "https:", "socks5:"].includes(url.protocol) &&
    url.hostname !== "" &&
    ["", "/"].includes(url.pathname)
  );
}

/** Where the feed listens; null: nowhere, it is only written to its folder. */
export type Listen = { readonly host: string; readonly port: number } | null;

/** `"127.0.0.1:8080"`, `"[::1]:8080"`, `"localhost:0"` (any free port), `"off"`; undefined when not understood. */
export function readListen(written: string): Listen | undefined {
  const text = written.trim();
  if (text === "off") return null;
  const match = /^(?:\[([0-9a-f:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/i.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > 65535 ? undefined : { host, port };
}

/** Whether a host that is listened on can be reached from this machine alone. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
