import type { SeenChat, SeenMessage } from "../seen.ts";
import { escaped, linkable } from "./html.ts";
import { textHtml } from "./text.ts";

const day = new Intl.DateTimeFormat("ru", { day: "numeric", month: "long" });
const clock = new Intl.DateTimeFormat("ru", { hour: "2-digit", minute: "2-digit" });

const services: Readonly<Record<string, string>> = {
  pinned_message: "Закреплено сообщение",
  new_chat_members: "Новый участник",
  forum_topic_created: "Создана тема",
  forum_topic_closed: "Тема закрыта",
  forum_topic_reopened: "Тема снова открыта",
  migrate_to_chat_id: "Группа стала супергруппой",
  migrate_from_chat_id: "Группа стала супергруппой",
};

const forms: Readonly<Record<string, string>> = {
  photo: "Фотография",
  video: "Видео",
  audio: "Аудиозапись",
  voice: "Голосовое сообщение",
  document: "Файл",
  animation: "GIF",
};

/** Bytes in words. */
function sizeText(bytes: number): string {
  const units = ["Б", "КБ", "МБ", "ГБ"];
  const power = Math.min(3, Math.floor(Math.log(Math.max(1, bytes)) / Math.log(1_024)));
  const number = new Intl.NumberFormat("ru", { maximumFractionDigits: power === 0 ? 0 : 1 });
  return `${number.format(bytes / 1_024 ** power)} ${units[power]}`;
}

/** One line that tells what a message is. */
export const gist = (message: SeenMessage): string =>
  (message.text === ""
    ? (forms[message.media?.form ?? ""] ?? services[message.service ?? ""] ?? "")
    : message.text
  )
    .replace(/\s+/g, " ")
    .slice(0, 120);

const fileUrl = (chat: SeenChat, m: SeenMessage): string => `/chat/${chat.id}/file/${m.id}`;

function mediaHtml(chat: SeenChat, m: SeenMessage): string {
  const { media } = m;
  if (media === null) return "";
  const url = fileUrl(chat, m);
  const label = escaped(forms[media.form] ?? "");
  if (media.form === "photo")
    return `<a class="photo" href="${url}" target="_blank"><img src="${url}" alt="${label}"></a>`;
  const name = escaped(media.form === "voice" ? (forms.voice ?? "") : media.name);
  return `<a class="file" href="${url}" download><span class="sign" aria-hidden="true">↓</span><span><b>${name}</b><small>${label}, ${sizeText(media.size)}</small></span></a>`;
}

function replyHtml(chat: SeenChat, m: SeenMessage): string {
  if (m.replyTo === null) return "";
  const answered = chat.messages.find((other) => other.id === m.replyTo);
  if (answered === undefined) return `<p class="reply"><b>Сообщение удалено</b></p>`;
  return `<a class="reply" href="#m${answered.id}"><b>${escaped(answered.author)}</b><span>${escaped(gist(answered))}</span></a>`;
}

function buttonsHtml(m: SeenMessage): string {
  if (m.buttons.length === 0) return "";
  const rows = m.buttons.map((row) => {
    const cells = row.map(({ text, url }) => {
      const href = url === null ? null : linkable(url);
      const words = escaped(text);
      return href === null
        ? `<span class="button">${words}</span>`
        : `<a class="button" href="${escaped(href)}" target="_blank" rel="noopener noreferrer">${words}</a>`;
    });
    return `<div class="row">${cells.join("")}</div>`;
  });
  return `<div class="buttons">${rows.join("")}</div>`;
}

function footHtml(group: readonly SeenMessage[]): string {
  const first = group[0];
  if (first === undefined) return "";
  const edited = group.some((m) => m.edited !== null);
  const marks = [
    group.some((m) => m.pinned) ? "закреплено" : "",
    first.silent ? "без звука" : "",
    first.protected ? "без пересылки" : "",
    edited ? "изменено" : "",
  ].filter((mark) => mark !== "");
  const when = new Date(first.date);
  const time = `<time datetime="${when.toISOString()}">${clock.format(when)}</time>`;
  return `<footer>${marks.map((mark) => `<span>${mark}</span>`).join("")}${time}</footer>`;
}

function bubble(chat: SeenChat, group: readonly SeenMessage[]): string {
  const first = group[0];
  if (first === undefined) return "";
  if (first.service !== null) {
    const words = escaped(services[first.service] ?? "Служебное сообщение");
    return `<li class="service" id="m${first.id}"><span>${words}</span></li>`;
  }
  const topic = chat.topics.find((t) => t.id === first.topic);
  const photos = group.filter((m) => m.media?.form === "photo");
  const files = group.filter((m) => m.media !== null && m.media.form !== "photo");
  const captions = group.filter((m) => m.text !== "");
  const parts = [
    chat.type === "channel" ? "" : `<b class="author">${escaped(first.author)}</b>`,
    topic === undefined ? "" : `<span class="topic">${escaped(topic.name)}</span>`,
    first.forwarded ? `<span class="topic">Переслано</span>` : "",
    replyHtml(chat, first),
    photos.length === 0
      ? ""
      : `<div class="photos n${Math.min(photos.length, 4)}">${photos.map((m) => mediaHtml(chat, m)).join("")}</div>`,
    files.map((m) => mediaHtml(chat, m)).join(""),
    captions.map((m) => `<div class="text">${textHtml(m.text, m.entities)}</div>`).join(""),
    footHtml(group),
  ];
  const also = group.slice(1).map((m) => `<span id="m${m.id}"></span>`);
  return `<li class="message" id="m${first.id}"><article>${also.join("")}${parts.join("")}</article>${buttonsHtml(first)}</li>`;
}

/** Messages that stand as one: an album, or one alone. */
function grouped(messages: readonly SeenMessage[]): readonly (readonly SeenMessage[])[] {
  const groups: SeenMessage[][] = [];
  for (const m of messages) {
    const last = groups.at(-1);
    if (m.album !== null && last?.[0]?.album === m.album) last.push(m);
    else groups.push([m]);
  }
  return groups;
}

/** All messages of a chat as the items of a list, days between them. */
export function itemsHtml(chat: SeenChat): string {
  let before = "";
  return grouped(chat.messages)
    .map((group) => {
      const today = day.format(group[0]?.date ?? 0);
      const line =
        today === before ? "" : `<li class="service day" id="d${group[0]?.id}"><span>${today}</span></li>`;
      before = today;
      return line + bubble(chat, group);
    })
    .join("\n");
}
