import type { Reason } from "../bridge/log/events.ts";
import type { Notice, NoticeCode } from "../bridge/notices/port.ts";
import type { Lang } from "../config/config.ts";
import { isReopened } from "./matrix/reopening.ts";
import { call } from "./texts/call.ts";
import { wordsOf } from "./texts/index.ts";
import type { Words } from "./texts/shape.ts";

/** What is told of one code. */
interface Told {
  readonly trouble: (n: Named) => string;
  /** What was told is over; null: it happened, and nothing is over. */
  readonly back: ((n: Named) => string) | null;
}

/** What a notice is about, as words. */
interface Named {
  readonly source: string;
  readonly room: string;
  readonly account: string;
  readonly route: string;
  readonly count: number;
  /** Why, in words; empty: not known. */
  readonly why: string;
  /** Whether the bridge opens the account again by itself. */
  readonly reopened: boolean;
  /** How long it has lasted or did last. */
  readonly span: string;
}

type NoticeWords = Readonly<Record<NoticeCode, Told>>;

const because = (why: string): string => (why === "" ? "" : `: ${why}`);

const ru: NoticeWords = {
  source_stopped: {
    trouble: (n) =>
      `Источник «${n.source}» больше не читается${because(n.why)}. Новые объявления из него не придут, пока это не исправить; потом перезапустите мост.`,
    back: (n) => `Источник «${n.source}» снова читается. Пропущенное придёт в комнаты.`,
  },
  source_denied: {
    trouble: (n) =>
      `Источник «${n.source}»: один из каналов закрыт для бота. Объявления оттуда не придут; остальные каналы читаются. Сделайте бота администратором с правом читать все сообщения. Подробнее: ${call("check")}`,
    back: (n) => `Источник «${n.source}»: все каналы снова читаются.`,
  },
  source_blind: {
    trouble: (n) =>
      `Источник «${n.source}» не читается уже ${n.span}${because(n.why)}. Объявления ждут в нём и придут позже. Проверьте сеть: ${call("check")}`,
    back: (n) =>
      `Источник «${n.source}» снова читается. Перерыв длился ${n.span}; пропущенное придёт в комнаты.`,
  },
  vanished: {
    trouble: (n) =>
      `Источник «${n.source}»: пропало сразу много постов (${n.count}). В комнатах ничего не удалено: это похоже на потерю доступа. Если их и правда удалили, делать ничего не нужно.`,
    back: null,
  },
  carrier_failed: {
    trouble: (n) =>
      `Комнату «${n.room}» уже ${n.span} не удаётся записать в ленту. Объявления сохранены и появятся, когда запись удастся. Проверьте папку ленты, права и место на диске.`,
    back: (n) => `Комната «${n.room}» снова записывается в ленту. Ничего не потеряно.`,
  },
  dead_letters: {
    trouble: (n) =>
      `Комната «${n.room}» не приняла объявлений: ${n.count}. Остальные идут. Посмотреть и попробовать снова: ${call("dead")}`,
    back: (n) => `Комната «${n.room}»: непринятых объявлений больше нет.`,
  },
  disk_low: {
    trouble: () =>
      "На диске осталось мало места. Объявления пока идут. Освободите место, иначе мост перестанет читать новые.",
    back: () => "На диске снова достаточно места.",
  },
  disk_full: {
    trouble: () =>
      "На диске нет места. Новые объявления не читаются, но не пропадут: они ждут в источниках. Освободите место, и мост продолжит сам.",
    back: () => "Место на диске появилось: объявления снова читаются.",
  },
  spool_full: {
    trouble: () =>
      "Файлы в пути занимают всё место, что им отведено (disk.spool_max). Тексты идут, новые файлы ждут. Проверьте, не стоит ли какая-нибудь комната: " +
      call("status"),
    back: () => "Файлы снова загружаются.",
  },
  certificate_ends: {
    trouble: (n) =>
      `Комната «${n.room}» проработает ещё дней: ${n.count} (кончается её сертификат). Продлите его, понадобится код восстановления: ${call(`room certify ${n.room}`)}`,
    back: (n) => `Сертификат комнаты «${n.room}» продлён.`,
  },
  certificate_over: {
    trouble: (n) =>
      `Сертификат комнаты «${n.room}» кончился: читатели не примут новых объявлений, пока он не продлён. Понадобится код восстановления: ${call(`room certify ${n.room}`)}`,
    back: (n) => `Сертификат комнаты «${n.room}» снова действует.`,
  },
  new_chain: {
    trouble: (n) =>
      `Комната «${n.room}» начинает новую цепочку: база старше того, что уже было опубликовано. Ссылки остаются в силе. Если вы не восстанавливали копию, проверьте машину.`,
    back: null,
  },
  room_halted: {
    trouble: (n) =>
      `В комнату «${n.room}» больше ничего не пишется: читателям уже показано новое, чего эта база не знает. Объявления ждут в очереди. Понадобится код восстановления: ${call(`room certify ${n.room}`)}`,
    back: (n) => `В комнату «${n.room}» снова пишется.`,
  },
  origins_silent: {
    trouble: (n) =>
      `Ни одно из мест комнаты «${n.room}» (origins) не отвечает. Мост ждёт до десяти минут, чтобы ничего не опубликовать дважды, и потом продолжит сам.`,
    back: null,
  },
  account_out: {
    trouble: (n) =>
      `Мост не может работать с учётной записью «${n.account}»${because(n.why)}. Объявления для её комнат ждут в очереди. ${n.reopened ? "Мост сам пробует снова каждую минуту; входить заново не нужно." : `Войдите: ${call(`matrix login ${n.account}`)}`}`,
    back: (n) => `Мост снова работает с учётной записью «${n.account}». Ждавшее придёт в комнаты.`,
  },
  account_silent: {
    trouble: (n) =>
      `Сервер учётной записи «${n.account}» не отвечает уже ${n.span}${because(n.why)}. Объявления для её комнат ждут в очереди и придут позже. Проверьте: ${call("check")}`,
    back: (n) => `Сервер учётной записи «${n.account}» снова отвечает. Ждавшее придёт в комнаты.`,
  },
  account_unsigned: {
    trouble: (n) =>
      `Устройство моста в учётной записи «${n.account}» не подтверждено её хозяином. Объявления отправляются, зашифрованными, но программы людей предупреждают о нём, а некоторые его отвергают. Войдите снова: ${call(`matrix login ${n.account}`)}`,
    back: (n) => `Устройство моста в учётной записи «${n.account}» подтверждено.`,
  },
  room_held: {
    trouble: (n) =>
      `В комнату «${n.room}» ничего не отправляется${because(n.why)}. Её объявления ждут в очереди. Исправьте это на сервере, и мост продолжит сам; подробнее: ${call("check")}`,
    back: (n) => `В комнату «${n.room}» снова отправляется.`,
  },
  room_waiting: {
    trouble: (n) =>
      `В комнату «${n.room}» уже ${n.span} ничего не удаётся отправить${because(n.why)}. Её объявления ждут в очереди, ни одно не потеряно, и незашифрованным ничего не уходит. Мост пробует снова; проверьте: ${call("check")}`,
    back: (n) => `Объявления для комнаты «${n.room}» больше не задерживаются.`,
  },
  room_moved: {
    trouble: (n) =>
      `Комнату «${n.room}» на сервере заменила другая, и мост перешёл в неё. Объявления идут туда. Если её заменяли не вы, проверьте её: ${call("check")}`,
    back: null,
  },
  bridge_failed: {
    trouble: () =>
      "Мост остановился из-за сбоя (диск или ошибка программы). Принятое сохранено. Проверьте место на диске и запустите снова; если повторится, сообщите код из журнала.",
    back: null,
  },
  route_failed: {
    trouble: (n) => `Уведомления не доходят этим путём: ${n.route}. Проверьте его: ${call("notices test")}`,
    back: (n) => `Уведомления снова доходят этим путём: ${n.route}.`,
  },
  test: {
    trouble: () => "Это проверка: уведомления моста доходят сюда. Делать ничего не нужно.",
    back: null,
  },
};

const en: NoticeWords = {
  source_stopped: {
    trouble: (n) =>
      `The source "${n.source}" is no longer read${because(n.why)}. Its new announcements will not come until this is mended; then restart the bridge.`,
    back: (n) => `The source "${n.source}" is read again. What was missed will come to the rooms.`,
  },
  source_denied: {
    trouble: (n) =>
      `The source "${n.source}": one of its channels is closed to the bot. Its announcements will not come; other channels are read. Make the bot an administrator that may read all messages. More: ${call("check")}`,
    back: (n) => `The source "${n.source}": all its channels are read again.`,
  },
  source_blind: {
    trouble: (n) =>
      `The source "${n.source}" has not been read for ${n.span}${because(n.why)}. Announcements wait there and will come later. Check the network: ${call("check")}`,
    back: (n) =>
      `The source "${n.source}" is read again. The gap lasted ${n.span}; what was missed will come to the rooms.`,
  },
  vanished: {
    trouble: (n) =>
      `The source "${n.source}": many posts vanished at once (${n.count}). Nothing was removed from the rooms: this looks like lost access. If they really were removed, nothing needs to be done.`,
    back: null,
  },
  carrier_failed: {
    trouble: (n) =>
      `The room "${n.room}" could not be written to the feed for ${n.span}. Announcements are kept and will appear when writing works again. Check the feed's folder, its rights and the free space.`,
    back: (n) => `The room "${n.room}" is written to the feed again. Nothing is lost.`,
  },
  dead_letters: {
    trouble: (n) =>
      `Announcements that the room "${n.room}" did not take: ${n.count}. Others go on. To see them and try again: ${call("dead")}`,
    back: (n) => `The room "${n.room}": no announcement is left that it did not take.`,
  },
  disk_low: {
    trouble: () =>
      "Little room is left on the disk. Announcements are mirrored for now. Free some space, or the bridge will stop reading new ones.",
    back: () => "There is enough room on the disk again.",
  },
  disk_full: {
    trouble: () =>
      "There is no room on the disk. New announcements are not read, but are not lost: they wait in the sources. Free some space, and the bridge goes on by itself.",
    back: () => "There is room on the disk: announcements are read again.",
  },
  spool_full: {
    trouble: () =>
      `Files on their way take all the space that they may (disk.spool_max). Texts are mirrored, new files wait. See whether a room stands still: ${call("status")}`,
    back: () => "Files are fetched again.",
  },
  certificate_ends: {
    trouble: (n) =>
      `The room "${n.room}" will work for ${n.count} more days (its certificate ends). Renew it, with the recovery code: ${call(`room certify ${n.room}`)}`,
    back: (n) => `The certificate of the room "${n.room}" was renewed.`,
  },
  certificate_over: {
    trouble: (n) =>
      `The certificate of the room "${n.room}" has ended: readers accept no new announcements until it is renewed. The recovery code is needed: ${call(`room certify ${n.room}`)}`,
    back: (n) => `The certificate of the room "${n.room}" is in force again.`,
  },
  new_chain: {
    trouble: (n) =>
      `The room "${n.room}" begins a new chain: the database is older than what was published. Links stay valid. If you restored no copy, look after the machine.`,
    back: null,
  },
  room_halted: {
    trouble: (n) =>
      `Nothing more is written to the room "${n.room}": readers were shown what this database does not know. Announcements wait in the queue. The recovery code is needed: ${call(`room certify ${n.room}`)}`,
    back: (n) => `The room "${n.room}" is written to again.`,
  },
  origins_silent: {
    trouble: (n) =>
      `None of the places of the room "${n.room}" (origins) answers. The bridge waits up to ten minutes so that nothing is published twice, and then goes on by itself.`,
    back: null,
  },
  account_out: {
    trouble: (n) =>
      `The bridge cannot work with the account "${n.account}"${because(n.why)}. Announcements for its rooms wait in the queue. ${n.reopened ? "The bridge tries again each minute; no login is needed." : `Log in: ${call(`matrix login ${n.account}`)}`}`,
    back: (n) => `The bridge works with the account "${n.account}" again. What waited comes to the rooms.`,
  },
  account_silent: {
    trouble: (n) =>
      `The server of the account "${n.account}" has not answered for ${n.span}${because(n.why)}. Announcements for its rooms wait in the queue and will come later. Check: ${call("check")}`,
    back: (n) => `The server of the account "${n.account}" answers again. What waited comes to the rooms.`,
  },
  account_unsigned: {
    trouble: (n) =>
      `The bridge's device in the account "${n.account}" is not confirmed by its owner. Announcements are sent, encrypted, but people's programs warn of it and some refuse it. Log in again: ${call(`matrix login ${n.account}`)}`,
    back: (n) => `The bridge's device in the account "${n.account}" is confirmed.`,
  },
  room_held: {
    trouble: (n) =>
      `Nothing is sent to the room "${n.room}"${because(n.why)}. Its announcements wait in the queue. Set it right on the server, and the bridge goes on by itself; more: ${call("check")}`,
    back: (n) => `Announcements go to the room "${n.room}" again.`,
  },
  room_waiting: {
    trouble: (n) =>
      `Nothing could be sent to the room "${n.room}" for ${n.span}${because(n.why)}. Its announcements wait in the queue, none is lost, and nothing goes out unencrypted. The bridge tries again; check: ${call("check")}`,
    back: (n) => `Announcements for the room "${n.room}" are no longer held up.`,
  },
  room_moved: {
    trouble: (n) =>
      `The room "${n.room}" was replaced by another on the server, and the bridge has moved there. Announcements go there. If it was not you who replaced it, look at it: ${call("check")}`,
    back: null,
  },
  bridge_failed: {
    trouble: () =>
      "The bridge stopped because of a fault (the disk, or a bug). What was accepted is kept. Check the free space and start it again; if it happens again, report the code in the log.",
    back: null,
  },
  route_failed: {
    trouble: (n) => `Notices do not arrive by this way: ${n.route}. Try it: ${call("notices test")}`,
    back: (n) => `Notices arrive by this way again: ${n.route}.`,
  },
  test: {
    trouble: () => "This is a test: notices of the bridge arrive here. Nothing needs to be done.",
    back: null,
  },
};

/** Why what waits for a room could not be sent, besides a server that gave no answer to go by. */
type Wait = Extract<
  Reason,
  | "no_room"
  | "keys"
  | "keys_changed"
  | "limited"
  | "may_not_post"
  | "account_closed"
  | "logged_out"
  | "server_refuses"
  | "rejected"
  | "internal"
>;

const waitsRu: Readonly<Record<Wait, string>> = {
  no_room: "на сервере её ещё нет, или не удаётся узнать, что о ней говорит сервер",
  keys: "не удаётся передать ключи тем, кто в ней",
  keys_changed: "её ключи сменились, а дошло ли последнее объявление, неизвестно",
  limited: "сервер просит подождать",
  may_not_post: "сервер не даёт учётной записи моста писать в неё",
  account_closed: "сервер закрыл или заблокировал учётную запись моста",
  logged_out: "сервер закрыл вход учётной записи моста",
  server_refuses: "отказывает сервер или то, что стоит перед ним",
  rejected: "сервер не принимает того, о чём его просят",
  internal: "сбой моста или его диска",
};

const waitsEn: Readonly<Record<Wait, string>> = {
  no_room: "it was not made on the server yet, or what the server says of it cannot be learned",
  keys: "the keys cannot be brought to those in it",
  keys_changed: "its keys changed while it is not known whether the last announcement arrived",
  limited: "the server asks to wait",
  may_not_post: "the server does not let the bridge's account post there",
  account_closed: "the server has closed or locked the bridge's account",
  logged_out: "the server has logged the bridge's account out",
  server_refuses: "the server refuses, or something in front of it does",
  rejected: "the server does not take what it is asked",
  internal: "a fault of the bridge, or of its disk",
};

const waits = { ru: waitsRu, en: waitsEn };

/** A notice in the rep's language: what happened, what it means for announcements, what to do. */
export function noticeText(notice: Notice, lang: Lang): string {
  const words = wordsOf(lang);
  const why = notice.code === "room_waiting" ? waitText(notice.reason, lang) : whyOf(notice.reason, words);
  const named: Named = {
    source: notice.source ?? "",
    room: notice.room ?? "",
    account: notice.account ?? "",
    reopened: isReopened(notice.reason ?? ""),
    route: notice.route ?? "",
    count: notice.count ?? 0,
    why,
    span: words.span(notice.at - notice.since),
  };
  const told = (lang === "ru" ? ru : en)[notice.code];
  return (notice.state === "back" ? (told.back ?? told.trouble) : told.trouble)(named);
}

/** Why what waits for a room could not be sent, in words; empty: there are none for it. */
export function waitText(reason: string | undefined, lang: Lang): string {
  const known = Object.entries({ ...wordsOf(lang).matrix.faults, ...waits[lang] });
  return known.find(([code]) => code === reason)?.[1] ?? "";
}

/** Why, in words; empty: there are none for it. A room's flaws are told of the room. */
function whyOf(reason: string | undefined, words: Words): string {
  const { faults, flaws, held } = words.matrix;
  const known = Object.entries({ ...words.status.troubles, ...faults, ...flaws, ...held });
  return known.find(([code]) => code === reason)?.[1] ?? "";
}

/** The monitor cannot listen; the bridge runs without it. */
export const monitorFailed = (address: string, lang: Lang): string =>
  lang === "ru"
    ? `На адресе ${address} слушать нельзя, поэтому /live, /ready и /metrics нет. Объявления идут. Освободите адрес или измените monitor.listen и перезапустите мост.`
    : `Listening on ${address} is not possible, so there is no /live, /ready and /metrics. Announcements are mirrored. Free the address or change monitor.listen, and restart the bridge.`;
