/** Hosts of MAX itself and of the networks that serve its media: a link to them names the copy, or calls home. */
const hosts = ["max.ru", "oneme.ru", "okcdn.ru", "mycdn.me"];
const list = hosts.map((host) => host.replaceAll(".", "\\.")).join("|");
/** The social network whose player shows MAX's videos: these pages of it, and no others. */
const player = "(?:ok|odnoklassniki)\\.ru\\/+(?:video|live)";

const before = "(?:(?<=%(?:25)*(?:2F|3A|40))|(?<![\\p{L}\\p{N}.@-]))";
const rest = '(?:(?:[/?#]|%(?:25)*(?:2F|3F|23))(?:[^\\s<>"«»]*[^\\s<>"«».,;:!?)\\]}\'’])?)?';

/** A link into MAX within a text as people write them, with or without a scheme. Addresses of mail are none. */
export const maxLink = new RegExp(
  `(?:(?<![\\p{L}\\p{N}])max:\\/\\/[^\\s<>"«»]*)|` +
    `${before}(?:https?:\\/\\/)?(?:[\\p{L}\\p{N}-]+\\.)*(?:(?:${list})(?![a-z0-9-]|\\.[a-z0-9])(?::\\d+)?|${player})${rest}`,
  "giu",
);

/** Anything with a scheme of the web, up to what cannot be part of it. Only parsing tells where it leads. */
export const webLink = /https?:(?:(?!https?:)[^\s<>"«»])+/giu;

/** Ids as MAX writes them: of messages. */
export const maxId = /(?<![a-z0-9])mid\.[0-9a-f]{12,}/giu;

/**
 * Handles of people and bots, with what could be taken for one: links and addresses of mail match too, so that a
 * caller passes over matches that do not begin with `@`.
 */
export const handle =
  /(?:https?:|www\.)\S+|(?<![a-z0-9.-])[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}\/\S*|(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+|@[a-z][a-z0-9_]{2,}/giu;

/** Percent escapes resolved, also those within others: a redirecting link carries its target escaped. */
function unescaped(text: string): string {
  let now = text;
  for (let depth = 0; depth < 3; depth++) {
    const next = now.replace(/(?:%[0-9a-f]{2})+/giu, (escapes) => {
      try {
        return decodeURIComponent(escapes);
      } catch {
        return escapes;
      }
    });
    if (next === now) break;
    now = next;
  }
  return now;
}

const finds = (pattern: RegExp, text: string): boolean => text.search(pattern) >= 0;

/** Whether a URL leads into MAX, however it is spelled, or carries a link or an id of MAX within itself. */
export function leadsToMax(url: string): boolean {
  const parsed = URL.parse(url.trim());
  if (parsed === null) return finds(maxLink, unescaped(url)) || finds(maxId, unescaped(url));
  const host = parsed.hostname.toLowerCase().replace(/\.+$/, "");
  if (hosts.some((known) => host === known || host.endsWith(`.${known}`))) return true;
  const spelled = unescaped(`${parsed.protocol}//${host}${parsed.pathname}${parsed.search}${parsed.hash}`);
  const opaque = unescaped(parsed.href);
  return [spelled, opaque].some((text) => finds(maxLink, text) || finds(maxId, text));
}

/** Whether a URL leads into MAX, or is none that a reader may open. */
export function isForeign(url: string): boolean {
  const protocol = URL.parse(url.trim())?.protocol;
  if (protocol !== "https:" && protocol !== "http:" && protocol !== "mailto:") return true;
  return leadsToMax(url);
}
