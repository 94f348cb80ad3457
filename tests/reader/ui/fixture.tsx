import { start } from "../../../adapters/web/reader/ui/start.tsx";
import type { Actions, AppView, RoomView, Store, ViewItem } from "../../../adapters/web/reader/view.ts";

/** A page over made-up rooms; which of them is drawn stands in the address: `?view=room&joined`. */
const wish = new URLSearchParams(location.search);
const zone = "Europe/Moscow";
const day = 86_400;
// A fixed evening, so that screenshots differ only where the page does.
const now = wish.has("now") ? Number(wish.get("now")) : Math.floor(Date.now() / 1000);

const plain: Omit<ViewItem, "id" | "t" | "text"> = {
  type: "post",
  marks: [],
  files: [],
  pin: false,
  urgent: false,
  edited: null,
  reply: null,
  confirmed: true,
  unread: false,
};

function marked(text: string, ...marks: [ViewItem["marks"][number]["m"], string, string?][]) {
  return {
    text,
    marks: marks.map(([m, part, url]) => {
      const s = text.indexOf(part);
      return { m, s, e: s + part.length, ...(url === undefined ? {} : { url }) };
    }),
  };
}

const items: ViewItem[] = [
  {
    ...plain,
    id: "AAAAAAAAAAA",
    t: now - 6 * day,
    ...marked(
      "График зимней сессии\n\nМатематический анализ: 14 января, 10:00, ауд. 312\nФизика: 18 января, 9:00, ауд. 105\nИстория: 22 января, 12:00, ауд. 401\n\nВопросы в деканат: dekanat@example.org",
      ["head", "График зимней сессии"],
      ["strong", "14 января, 10:00"],
      ["strong", "18 января, 9:00"],
      ["strong", "22 января, 12:00"],
      ["link", "dekanat@example.org", "mailto:dekanat@example.org"],
    ),
    pin: true,
  },
  {
    ...plain,
    id: "BBBBBBBBBBB",
    t: now - 3 * day,
    ...marked(
      "Запись на курсы по выбору открыта до пятницы. Список курсов и описание на сайте факультета. Запись только через личный кабинет, заявления на бумаге не принимаются.",
      ["under", "до пятницы"],
      ["link", "на сайте факультета", "https://faculty.example.org/courses"],
      ["mark", "только через личный кабинет, заявления"],
      ["em", "кабинет, заявления на бумаге"],
    ),
  },
  {
    ...plain,
    id: "note-1",
    type: "note",
    why: "silent",
    t: now - 2 * day,
    text: "Канал не читался 6 часов.",
  },
  {
    ...plain,
    id: "CCCCCCCCCCC",
    t: now - day - 5000,
    text: "Экзамен по физике переносится на 20 января, 11:00, ауд. 207. Консультация накануне, 19 января.",
    edited: {
      t: now - day,
      was: "Экзамен по физике состоится 18 января, 9:00, ауд. 105. Консультация накануне, 17 января.",
    },
  },
  {
    ...plain,
    id: "DDDDDDDDDDD",
    t: now - day,
    text: "Изменены дата, время и аудитория экзамена по физике.",
    reply: { id: "CCCCCCCCCCC", excerpt: "Экзамен по физике переносится на 20 января" },
  },
  {
    ...plain,
    id: "EEEEEEEEEEE",
    t: now - 7000,
    text: "Расписание на следующую неделю. Изменения выделены.",
    files: [
      { id: "photo", name: "фото-1.png", mime: "image/png", size: 348_160, width: 1200, height: 800 },
      { id: "pdf", name: "файл-1.pdf", mime: "application/pdf", size: 1_258_291 },
    ],
    unread: true,
  },
  {
    ...plain,
    id: "FFFFFFFFFFF",
    t: now - 3000,
    ...marked("Сегодня корпус Б закрыт с 15:00. Занятия перенесены в корпус А, аудитории у входа.", [
      "strong",
      "корпус Б закрыт с 15:00",
    ]),
    urgent: true,
    unread: true,
  },
];

const hostile: ViewItem[] = [
  {
    ...plain,
    id: "GGGGGGGGGGG",
    t: now - 500,
    ...marked(
      '<script>window.harmed = 1</script><img src=x onerror="window.harmed = 1"> нажми сюда https://bank.example',
      ["link", "нажми сюда", "javascript:window.harmed = 1"],
      ["link", "https://bank.example", "https://evil.example/"],
      ["link", "<script>window", "data:text/html,<script>window.harmed=1</script>"],
      ["strong", "window.harmed = 1"],
    ),
    files: [
      { id: "bad", name: "отчёт\u202Egpj.exe", mime: "image/svg+xml", size: 90 },
      { id: "lie", name: "картинка.png", mime: "image/png", size: 90 },
    ],
    reply: { id: "none", excerpt: "<b>\u202Eтсет</b>" },
    edited: { t: now - 100, was: "<script>window.harmed = 1</script> было" },
  },
  { ...plain, id: "HHHHHHHHHHH", t: now - 400, text: "Ш".repeat(400), confirmed: false },
];

/** Several pinned posts, and a quote. */
const many: ViewItem[] = [
  ...[1, 2, 3].map((n) => ({
    ...plain,
    id: `PPPPPPPPPP${n}`,
    t: now - 900 + n,
    text: `Закреплённое ${n}`,
    pin: true,
  })),
  {
    ...plain,
    id: "QQQQQQQQQQQ",
    t: now - 800,
    ...marked("Из приказа:\nЗачёт принимается только по списку.\n\nСписок в деканате.", [
      "quote",
      "Зачёт принимается только по списку.",
    ]),
  },
];

const words = ["ракета", "берег", "зима", "лампа", "север", "книга", "мост", "яблоко"];
const full: RoomView = {
  id: "a".repeat(32),
  title: "Физический факультет, 2 курс",
  zone,
  items: [...items, ...(wish.has("hostile") ? hostile : []), ...(wish.has("many") ? many : [])],
  banners: wish.has("banners")
    ? [
        { kind: "two-histories" },
        { kind: "rekeyed" },
        { kind: "link-damaged" },
        { kind: "certificate-expired", at: now - day },
        { kind: "certificate-expiring", at: now + 9 * day },
        { kind: "mirror-silent", since: now - 20_000 },
        { kind: "source-silent", since: now - 30_000 },
        { kind: "clock", hours: 60 },
        { kind: "rolled-back" },
        { kind: "offline" },
        { kind: "locator-disagrees" },
        { kind: "restored" },
        { kind: "gap", after: now - 3 * day, before: now - 2 * day, local: true },
        { kind: "gap", after: null, before: null, local: false },
        { kind: "history-begins", at: now - 6 * day },
      ]
    : [
        { kind: "gap", after: now - 3 * day, before: now - 2 * day, local: true },
        { kind: "history-begins", at: now - 6 * day },
      ],
  unread: wish.has("unread") ? items.length : 2,
  loading: false,
  contact: now - 120,
  compare: { words, chain: "3.0", seq: 41 },
  telegram: "@example_channel",
  welcome: "Это зеркало канала факультета. Ссылку не пересылайте в мессенджерах.",
};

const rooms = [
  { id: full.id, title: full.title, unread: 2 },
  { id: "b".repeat(32), title: "Общежитие № 4", unread: 0 },
  { id: "c".repeat(32), title: null, unread: 21 },
];
const origins = ["https://one.example.org/feed", "https://very-long-name-of-a-mirror-host.example.net/x"];
const asked = wish.get("question");
const question: AppView["question"] =
  asked === "forget-room"
    ? { kind: asked, room: full.id }
    : asked === "merge-link" || asked === "new-origins"
      ? { kind: asked, room: full.id, origins }
      : null;

let view: AppView = {
  rooms: wish.has("none") ? [] : rooms,
  open:
    wish.get("view") === "room"
      ? full
      : wish.get("view") === "quiet"
        ? { ...full, items: [], banners: [], unread: 0, welcome: null }
        : null,
  question,
  error: wish.has("error") ? "link-checksum" : null,
  joined: wish.has("joined"),
  link: wish.has("joined") ? "https://reader.example.org/#j.AAAA" : null,
  inApp: wish.has("inapp"),
};
const listeners = new Set<() => void>();
const calls: string[] = [];
const set = (next: Partial<AppView>) => {
  view = { ...view, ...next };
  for (const changed of listeners) changed();
};

/** A timetable, drawn here, so that no picture lies in the repository. */
async function timetable(): Promise<Blob> {
  const sheet = new OffscreenCanvas(1200, 800);
  const pen = sheet.getContext("2d");
  if (pen !== null) {
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, 1200, 800);
    pen.fillStyle = "#ffe08a";
    pen.fillRect(400, 320, 400, 160);
    pen.strokeStyle = "#445566";
    for (let x = 0; x <= 1200; x += 400) pen.strokeRect(x, 0, 1, 800);
    for (let y = 0; y <= 800; y += 160) pen.strokeRect(0, y, 1200, 1);
    pen.fillStyle = "#223344";
    pen.font = "40px sans-serif";
    for (const [i, word] of ["Пн", "Вт", "Ср", "Чт", "Пт"].entries())
      pen.fillText(`${word} · ауд. ${201 + i}`, 40, 100 + i * 160);
  }
  return sheet.convertToBlob({ type: "image/png" });
}

const actions: Actions = {
  openRoom: (id) => set({ open: { ...full, id, items: id === full.id ? full.items : [] } }),
  closeRoom: () => set({ open: null }),
  enterLink: (text) => {
    calls.push(`enterLink ${text}`);
    set({ error: "not-a-link" });
  },
  answer: (yes) => {
    calls.push(`answer ${yes}`);
    set({ question: null });
  },
  dismissError: () => set({ error: null }),
  dismissJoined: () => set({ joined: false, link: null }),
  markRead: (_room, upTo) => void calls.push(`markRead ${upTo}`),
  forgetRoom: (room) => set({ question: { kind: "forget-room", room } }),
  retry: () => void calls.push("retry"),
  takeFiles: (...files) => void calls.push(`takeFiles ${files.map((file) => file.size).join(" ")}`),
  openFile: async (_room, _item, file) => {
    calls.push(`openFile ${file}`);
    if (file === "photo") return timetable();
    return new Blob(['<svg xmlns="http://www.w3.org/2000/svg" onload="window.harmed = 1"/>']);
  },
};

const store: Store = {
  view: () => view,
  subscribe: (changed) => {
    listeners.add(changed);
    return () => listeners.delete(changed);
  },
  actions,
};

// The tests look at what was asked for, and let a post come.
Object.assign(window, {
  calls,
  come: () => {
    const post = { ...plain, id: "NNNNNNNNNNN", t: now, text: "Пришло новое объявление", unread: true };
    if (view.open !== null) set({ open: { ...view.open, items: [...view.open.items, post] } });
  },
});
start(store);
