/** Text as it may stand in a page, in attributes as well. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** An address that a page may link to; null: any other. */
export function linkable(url: string): string | null {
  const full = /^[a-z][a-z0-9+.-]*:/i.test(url) ? url : `https://${url}`;
  if (!URL.canParse(full)) return null;
  return ["http:", "https:", "tg:", "mailto:"].includes(new URL(full).protocol) ? full : null;
}
