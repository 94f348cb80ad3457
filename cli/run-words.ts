import type { Halt } from "../bridge/store/seal.ts";
import type { Lang } from "../config/config.ts";
import { call } from "./texts/call.ts";

/** What `run` and `demo` say while they work. */
export interface RunWords {
  readonly passphrase: string;
  readonly passphraseAgain: string;
  readonly passphraseDiffers: string;
  readonly locked: (folder: string) => string;
  readonly port: (address: string, taken: boolean) => string;
  readonly noKeys: (room: string) => string;
  readonly started: (page: string | null) => string;
  /** systemd waits to hear that it runs, and could not be told. */
  readonly notTold: string;
  /** No socket for commands could be made. */
  readonly noSocket: string;
  readonly stopping: string;
  readonly stopped: string;
  readonly failed: string;
  readonly sourceStopped: (source: string, why: string) => string;
  readonly sourceDenied: (source: string) => string;
  /** A finding of the self-check at start, without a full stop. */
  readonly sourceWrong: (finding: string) => string;
  readonly vanished: (source: string, count: number) => string;
  readonly refused: (room: string) => string;
  readonly carrierFailed: (room: string, folder: string) => string;
  /** The chat that carries a sealed room's log takes nothing. */
  readonly chatFailed: (room: string, why: string) => string;
  readonly newChain: (room: string) => string;
  readonly waitingForOrigins: (room: string) => string;
  /** Nothing is written to a room until it is certified anew. */
  readonly halted: (room: string, why: Halt) => string;
  readonly certificateOver: (room: string) => string;
  readonly witnessFailed: (file: string) => string;
  readonly logFailed: (file: string) => string;
  /** The place that is taken without a setting cannot be written. */
  readonly noWitness: (file: string) => string;
  readonly demoStarting: string;
  readonly demoReady: string;
  readonly demoTelegram: string;
  readonly demoStop: string;
  readonly demoGone: string;
}

const ru: RunWords = {
  passphrase: "Фраза-пароль хранилища",
  passphraseAgain: "Ещё раз: она новая, и с опечаткой потом ничего не открыть",
  passphraseDiffers: "Фразы не совпали. Начнём снова.",
  locked: (folder) =>
    `На папке ${folder} уже работает мост. Второй не запущен: объявления идут через первый. Остановите его, если хотите запустить этот.`,
  port: (address, taken) =>
    taken
      ? `Адрес ${address} уже занят другой программой. Мост не запущен, объявления подождут в MAX. Освободите его или измените feed.listen.`
      : `На адресе ${address} слушать нельзя. Мост не запущен, объявления подождут в MAX. Измените feed.listen.`,
  noKeys: (room) =>
    `У комнаты «${room}» ещё нет ключей: её объявления ждут в очереди. Создайте их, мост останавливать не нужно: ${call(`room init ${room}`)}`,
  started: (page) =>
    page === null
      ? "Мост работает. Остановить: Ctrl-C."
      : `Мост работает, страница: ${page} Остановить: Ctrl-C.`,
  notTold:
    "systemd ждёт вести, что мост работает, а передать её не удалось: программы systemd-notify нет, или она не сработала. Объявления идут, но systemd может остановить мост. Поставьте пакет systemd или замените в файле службы Type=notify на Type=exec.",
  noSocket:
    "Команды к работающему мосту (reload, room init, status) не дойдут: ни в папке данных, ни в папке для временных файлов не удалось создать сокет. Объявления идут. Проверьте, что эти папки ваши, и запустите мост снова.",
  stopping: "Останавливаюсь: заканчиваю начатое.",
  stopped: "Остановлен. Ничего не потеряно: с этого места он и продолжит.",
  failed:
    "Мост остановился из-за сбоя (диск или ошибка программы). Принятое сохранено. Проверьте место на диске и запустите снова; если повторится, сообщите код из журнала.",
  sourceStopped: (source, why) =>
    `Источник «${source}» больше не читается: ${why}. Новые объявления из него не придут, пока это не исправить; потом: ${call("reload")}`,
  sourceDenied: (source) =>
    `Источник «${source}»: один из каналов закрыт для бота. Объявления оттуда не придут; остальные каналы читаются. Сделайте бота администратором с правом читать все сообщения. Подробнее: ${call("check")}`,
  sourceWrong: (finding) =>
    `${finding}. Пока это не исправлено, объявления оттуда не приходят. Исправите — проверьте: ${call("check")}`,
  vanished: (source, count) =>
    `Источник «${source}»: пропало сразу много постов (${count}). В комнатах ничего не удалено: это похоже на потерю доступа. Если их и правда удалили, делать ничего не нужно.`,
  refused: (room) =>
    `Комната «${room}» не приняла одно объявление; остальные идут. Смотрите: ${call("dead")}`,
  carrierFailed: (room, folder) =>
    `Ленту комнаты «${room}» не удалось записать в ${folder}. Объявления сохранены и появятся, когда запись удастся. Проверьте папку, права и место на диске.`,
  chatFailed: (room, why) =>
    `Журнал комнаты «${room}» сейчас не попадает в её телеграм-канал: ${why}. Объявления сохранены и появятся там, когда это исправится; лента и другие комнаты работают. Подробнее: ${call("check")}`,
  newChain: (room) =>
    `Комната «${room}» начинает новую цепочку: база старше того, что уже было опубликовано. Ссылки остаются в силе.`,
  halted: (room, why) =>
    `Комната «${room}» стоит, её объявления ждут в очереди: ${
      why === "newer_certificate"
        ? "база старше последнего продления, и того, что пишется под прежним сертификатом, читатели уже не увидят"
        : "все 255 перезапусков под нынешним сертификатом израсходованы"
    }. Продлите её кодом восстановления, ссылки останутся в силе: ${call(`room certify ${room}`)}`,
  certificateOver: (room) =>
    `Сертификат комнаты «${room}» кончился: новых объявлений читатели не примут, поэтому они ждут в очереди. Продлите её кодом восстановления: ${call(`room certify ${room}`)}`,
  witnessFailed: (file) =>
    `Свидетель ${file} не записывается, поэтому в комнатах не появляется ничего нового; объявления ждут. Проверьте права и место на диске или назовите другое место в witness и запустите мост снова.`,
  waitingForOrigins: (room) =>
    `Ни одно из мест комнаты «${room}» (origins) не отвечает. Жду до десяти минут, чтобы ничего не опубликовать дважды; потом мост продолжит сам.`,
  logFailed: (file) =>
    `Журнал ${file} не открывается. Мост не запущен, объявления подождут в MAX. Проверьте папку и права или измените log.file.`,
  noWitness: (file) =>
    `Свидетель ${file} не записывается. Мост работает, но если папку данных вернут к старой копии, он может этого не заметить. Назовите в witness место вне папки данных, куда мост может писать.`,
  demoStarting: "Показ: встроенный заменитель MAX, мост во временной папке и лента. Наружу ничего не уходит.",
  demoReady: "Откройте ссылку в браузере: первая минута самая живая.",
  demoTelegram: "А так ту же неделю видят подписчики канала в Telegram (имитация):",
  demoStop: "Закончить: Ctrl-C (временная папка будет удалена).",
  demoGone: "Показ закончен, временная папка удалена.",
};

const en: RunWords = {
  passphrase: "The vault's passphrase",
  passphraseAgain: "Once more: it is new, and with a slip nothing could be opened later",
  passphraseDiffers: "The two differ. Begin again.",
  locked: (folder) =>
    `A bridge already runs on ${folder}. This one was not started: announcements go through the first. Stop that one if you want this one.`,
  port: (address, taken) =>
    taken
      ? `Another program already listens on ${address}. The bridge was not started; announcements wait in MAX. Free the address or change feed.listen.`
      : `Listening on ${address} is not possible. The bridge was not started; announcements wait in MAX. Change feed.listen.`,
  noKeys: (room) =>
    `The room "${room}" has no keys yet: its announcements wait in the queue. Make them, the bridge may go on meanwhile: ${call(`room init ${room}`)}`,
  started: (page) =>
    page === null ? "The bridge runs. To stop: Ctrl-C." : `The bridge runs, page: ${page} To stop: Ctrl-C.`,
  notTold:
    "systemd waits to be told that the bridge runs, and could not be told: the program systemd-notify is missing or failed. Announcements are mirrored, but systemd may end the bridge. Install the package systemd, or put Type=exec for Type=notify into the unit file.",
  noSocket:
    "Commands will not reach this bridge (reload, room init, status): a socket could be made neither in the data folder nor in the folder for temporary files. Announcements flow. Check that these folders are yours and start the bridge again.",
  stopping: "Stopping: finishing what is under way.",
  stopped: "Stopped. Nothing is lost: it goes on from here.",
  failed:
    "The bridge stopped because of a fault (the disk, or a bug). What was accepted is kept. Check the free space and start it again; if it happens again, report the code in the log.",
  sourceStopped: (source, why) =>
    `The source "${source}" is no longer read: ${why}. Its new announcements will not come until this is mended; then: ${call("reload")}`,
  sourceDenied: (source) =>
    `The source "${source}": one of its channels is closed to the bot. Its announcements will not come; other channels are read. Make the bot an administrator that may read all messages. More: ${call("check")}`,
  sourceWrong: (finding) =>
    `${finding}. Until this is mended, announcements from there do not come. Then check again: ${call("check")}`,
  vanished: (source, count) =>
    `The source "${source}": many posts vanished at once (${count}). Nothing was removed from the rooms: this looks like lost access. If they really were removed, nothing needs to be done.`,
  refused: (room) => `The room "${room}" did not take one announcement; others go on. See: ${call("dead")}`,
  carrierFailed: (room, folder) =>
    `The feed of the room "${room}" could not be written to ${folder}. Announcements are kept and will appear when writing works again. Check the folder, its rights and the free space.`,
  chatFailed: (room, why) =>
    `The log of the room "${room}" does not get into its Telegram channel now: ${why}. The announcements are kept and appear there once that is set right; the feed and other rooms go on. More: ${call("check")}`,
  newChain: (room) =>
    `The room "${room}" begins a new chain: the database is older than what was published. Links stay valid.`,
  halted: (room, why) =>
    `The room "${room}" stands still, its announcements wait in the queue: ${
      why === "newer_certificate"
        ? "the database is older than its last renewal, and readers no longer see what is written under the old certificate"
        : "all 255 restarts under its certificate are used up"
    }. Renew it with the recovery code, links stay valid: ${call(`room certify ${room}`)}`,
  certificateOver: (room) =>
    `The certificate of the room "${room}" has ended: readers would not take new announcements, so they wait in the queue. Renew it with the recovery code: ${call(`room certify ${room}`)}`,
  witnessFailed: (file) =>
    `The witness ${file} cannot be written, so nothing new appears in the rooms; announcements wait. Check permissions and disk space, or name another place in witness and start the bridge again.`,
  waitingForOrigins: (room) =>
    `None of the places of the room "${room}" (origins) answers. Waiting up to ten minutes so that nothing is published twice; then the bridge goes on by itself.`,
  logFailed: (file) =>
    `The log ${file} cannot be opened. The bridge was not started; announcements wait in MAX. Check the folder and its rights, or change log.file.`,
  noWitness: (file) =>
    `The witness ${file} cannot be written. The bridge works, but if the data folder is put back to an old copy, it may not notice. Name a place in witness, outside the data folder, that the bridge may write to.`,
  demoStarting:
    "Demo: a built-in stand-in for MAX, a bridge in a temporary folder and the feed. Nothing leaves this machine.",
  demoReady: "Open the link in a browser: the first minute is the liveliest.",
  demoTelegram: "And this is how subscribers of a Telegram channel (simulated) see the same week:",
  demoStop: "To end it: Ctrl-C (the temporary folder will be removed).",
  demoGone: "The demo is over, the temporary folder is removed.",
};

export const runWords = (lang: Lang): RunWords => (lang === "ru" ? ru : en);
