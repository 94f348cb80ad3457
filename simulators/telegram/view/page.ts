import type { SeenChat } from "../seen.ts";
import { gist, itemsHtml } from "./bubbles.ts";
import { escaped } from "./html.ts";

/** Nothing from elsewhere, no inline scripts or styles. */
export const policy =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const plurals = new Intl.PluralRules("ru");
function membersText(type: SeenChat["type"], n: number): string {
  if (type === "private") return "личный чат";
  const words: Readonly<Record<string, readonly [string, string, string]>> = {
    channel: ["подписчик", "подписчика", "подписчиков"],
    group: ["участник", "участника", "участников"],
  };
  const [one, few, many] = words[type === "channel" ? "channel" : "group"] ?? ["", "", ""];
  const rule = plurals.select(n);
  return `${n} ${rule === "one" ? one : rule === "few" ? few : many}`;
}

function pinnedHtml(chat: SeenChat): string {
  const pinned = chat.messages.filter((m) => m.pinned).at(-1);
  if (pinned === undefined) return "";
  return `<a class="pinned" href="#m${pinned.id}"><b>Закреплённое сообщение</b><span>${escaped(gist(pinned))}</span></a>`;
}

/** A chat as a page; `members`: how many are in it. */
export function pageHtml(chat: SeenChat, members: number): string {
  const title = escaped(chat.title);
  return `<!doctype html>
<html lang="ru">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<link rel="icon" href="/view/icon.svg">
<link rel="stylesheet" href="/view/style.css">
<script src="/view/live.js" defer></script>
</head>
<body>
<header>
<span class="avatar" aria-hidden="true">${escaped([...chat.title][0] ?? "?")}</span>
<div><h1>${title}</h1><p>${membersText(chat.type, members)} · имитация Telegram</p></div>
</header>
<div id="pinned">${pinnedHtml(chat)}</div>
<main>
<ol id="messages">
${itemsHtml(chat)}
</ol>
<p id="empty">Здесь пока ничего нет</p>
</main>
</body>
</html>
`;
}

export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="16" fill="#3390ec"/><path d="M7 15.5 24 9l-3 15-5-4-3 3v-5z" fill="#fff"/></svg>`;

/** Fetches the page anew each second and puts in what has changed, so that a reader's place and pictures stay. */
export const script = `"use strict";
const list = document.getElementById("messages");
const pinned = document.getElementById("pinned");
const atEnd = () => innerHeight + scrollY >= document.documentElement.scrollHeight - 80;
const toEnd = () => scrollTo(0, document.documentElement.scrollHeight);
function update(page) {
  const fresh = page.getElementById("messages");
  if (fresh === null) return;
  const end = atEnd();
  const known = new Map([...list.children].map((item) => [item.id, item]));
  let changed = false;
  const items = [...fresh.children].map((item) => {
    const old = known.get(item.id);
    if (old !== undefined && old.outerHTML === item.outerHTML) return old;
    changed = true;
    return document.adoptNode(item);
  });
  if (changed || items.length !== list.children.length) list.replaceChildren(...items);
  const bar = page.getElementById("pinned");
  if (bar !== null && bar.innerHTML !== pinned.innerHTML) pinned.replaceChildren(...bar.childNodes);
  if (end && changed) toEnd();
}
async function look() {
  try {
    const answer = await fetch(location.pathname, { cache: "no-store" });
    if (answer.ok) update(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // Ended, or not yet there again.
  }
  setTimeout(look, 1000);
}
if (location.hash === "") addEventListener("load", toEnd, { once: true });
setTimeout(look, 1000);
`;
