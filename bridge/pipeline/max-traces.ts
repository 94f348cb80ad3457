/** Hosts of MAX itself and of the networks that serve its media: a link to them names the copy, or calls home. */
const hosts = ["max.ru", "oneme.ru", "okcdn.ru", "mycdn.me", "ok.ru", "odnoklassniki.ru"];
const list = hosts.map((host) => host.replaceAll(".", "\\.")).join("|");

/** A link to MAX within a text, with or without its scheme. */
export const maxLink = new RegExp(
  `(?:\\bmax:\\/\\/\\S*)|(?<![\\p{L}\\p{N}.@-])(?:https?:\\/\\/)?(?:[\\p{L}\\p{N}-]+\\.)*(?:${list})(?![\\p{L}\\p{N}-]|\\.[\\p{L}\\p{N}])(?::\\d+)?(?:[/?#][^\\s<>"«»]*)?`,
  "giu",
);

/** Ids as MAX writes them: of messages, and handles of people and bots. Addresses of mail are left alone. */
export const maxId = /\bmid\.[0-9a-f]{12,}\b/giu;
export const handle = /(?<![\p{L}\p{N}._%+@/-])@[a-z][a-z0-9_]{2,}(?![\p{L}\p{N}@]|\.[\p{L}])/giu;

/** Whether a URL leads into MAX, or is none that a reader may open. */
export function isForeign(url: string): boolean {
  const parsed = URL.parse(url.trim());
  if (parsed === null) return true;
  if (parsed.protocol === "mailto:") return false;
  if (parsed.protocol !== "https:" && parsed.protocol !== "http:") return true;
  const host = parsed.hostname.toLowerCase().replace(/\.$/, "");
  return hosts.some((known) => host === known || host.endsWith(`.${known}`));
}
