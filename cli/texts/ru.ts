import { plural, spanOf } from "./plural.ts";
import { findings, troubles } from "./ru-findings.ts";
import type { Words } from "./shape.ts";

const meant = (nearest: string | null): string => (nearest === null ? "" : ` Может быть, ${nearest}?`);
const faults = {
  unreachable: "не отвечает",
  timeout: "не ответил за 10 секунд",
  tls: "показывает сертификат, которому браузер не поверит",
  redirect: "перенаправляет в другое место, а страница этого не примет",
};
const units = {
  day: { one: "день", few: "дня", many: "дней" },
  hour: { one: "час", few: "часа", many: "часов" },
  minute: { one: "минуту", few: "минуты", many: "минут" },
  second: { one: "секунду", few: "секунды", many: "секунд" },
};

/** Russian. */
export const ru: Words = {
  lang: "ru",
  findings,
  span: (ms) => spanOf(ms, (name, n) => plural("ru", n, units[name])),
  help: {
    program: "Postern переносит объявления из MAX в зашифрованные комнаты. Только в одну сторону.",
    titles: { usage: "Как вызвать:", commands: "Команды:", options: "Ключи:", arguments: "Аргументы:" },
    config: "файл настроек",
    lang: "язык: ru или en",
    version: "показать версию",
    help: "показать эту справку",
    helpCommand: "справка по команде",
    demo: "показать всё в действии на встроенных заменителях, ничего не настраивая",
    run: "запустить мост",
    check: "проверить настройки, ключи, права и доступность",
    status: "что прочитано, что ждёт, что не доставлено",
    json: "вывести JSON",
    room: "комнаты: ключи и ссылки",
    init: "создать ключи комнаты и показать код восстановления",
    printCode: "для скриптов: напечатать код восстановления и не переспрашивать",
    link: "напечатать ссылку для входа и её QR-код",
    fromToday: "ссылка открывает комнату с сегодняшнего дня, а не всё хранимое",
    png: "сохранить QR-код в картинку",
    roomName: "имя комнаты из rooms в файле настроек",
  },
  usage: {
    unknownCommand: (name, nearest) => `Команды «${name}» нет.${meant(nearest)}`,
    unknownOption: (name, nearest) => `Ключа ${name} нет.${meant(nearest)}`,
    missingArgument: (name) => `Не хватает аргумента: ${name}.`,
    missingValue: (option) => `После ${option} нужно значение.`,
    tooMany: "Лишние аргументы.",
    badLang: "Язык может быть ru или en.",
    other: "Команда написана неверно.",
    seeHelp: "Справка: postern --help",
    warning: "предупреждение",
    configErrors: (count, file) =>
      `В ${file} ${plural("ru", count, { one: "ошибка", few: "ошибки", many: "ошибок" })}. Ничего не запущено.`,
    unknownRoom: (name, nearest, known) =>
      `Комнаты «${name}» нет в настройках.${meant(nearest)} Есть: ${known.join(", ") || "ни одной"}.`,
    internal: (code) =>
      `Внутренняя ошибка (${code}). Это ошибка Postern, а не ваша: сообщите о ней с этим кодом.`,
  },
  room: {
    exists: (room) =>
      `У комнаты «${room}» уже есть ключи; ничего не изменено. Ссылка: postern room link ${room}`,
    needsTerminal:
      "Код восстановления показывают и переспрашивают в терминале, а здесь его нет. Для скриптов: --print-recovery-code.",
    intro: (room) => `Ключи комнаты «${room}»`,
    which: "Какой корневой ключ?",
    fresh: "Новый (комнаты с разными ключами нельзя связать между собой)",
    reuse: "От другой моей комнаты: введу её код (один код на несколько комнат)",
    typeCode: "Код восстановления той комнаты, 24 слова",
    showing:
      "Это код восстановления. Он показывается один раз и нигде не хранится. Перепишите его на бумагу: после потери сервера или изъятия только он вернёт комнату. Кто его знает, может выдать себя за вас.",
    written: "Записано на бумагу? Экран будет очищен, и слова спросим обратно.",
    notWritten: "Комната не создана: код не записан. Начните снова, код будет другой.",
    askBack: (places) => `Введите слова номер ${places.join(", ")} (или весь код целиком)`,
    wrongBack: (left) =>
      `Не сходится. Осталось: ${plural("ru", left, { one: "попытка", few: "попытки", many: "попыток" })}.`,
    failed: "Комната не создана: слова не сошлись. Начните снова, код будет другой.",
    cancelled: "Прервано. Комната не создана.",
    made: (room) => `Комната «${room}» создана. Дальше: postern room link ${room}`,
    printed:
      "Код восстановления напечатан и не переспрошен. Сохраните его вне этой машины и сотрите там, куда он попал: журналы, история, файлы.",
    codeLength: (words) =>
      `Нужно 24 слова, здесь ${plural("ru", words, { one: "слово", few: "слова", many: "слов" })}.`,
    codeWord: (place, word, nearest) => `Слова ${place} («${word}») нет в списке.${meant(nearest)}`,
    codeChecksum:
      "Все слова есть в списке, но вместе они не сходятся: какое-то перепутано или не на своём месте.",
    noKeys: (room) => `У комнаты «${room}» ещё нет ключей. Создайте: postern room init ${room}`,
    linkKeep:
      "Кто держит эту ссылку, читает комнату; отнять её у одного нельзя. Отдавайте на бумаге, QR-кодом или другим каналом.",
    linkCarrier:
      "Не посылайте её через MAX и через те мессенджеры, что несут эту комнату: они получат ключ. На экране и в истории терминала она тоже остаётся.",
    oneOrigin:
      "В ссылке меньше двух мест, где лежит комната. Если оно пропадёт, читателям придётся просить новую ссылку: добавьте второе в origins.",
    pngMade: (file) => `QR-код сохранён: ${file} (права 0600). После печати удалите файл.`,
    pngExists: (file) => `Файл ${file} уже есть, он не тронут. Назовите другой.`,
    pngFailed: (file) => `Файл ${file} записать нельзя. Проверьте папку и права.`,
  },
  check: {
    titles: {
      config: "Настройки",
      keys: "Ключи",
      rights: "Права в источниках",
      reach: "Доступность для читателей",
    },
    configFine: (file) => `${file} в порядке`,
    vaultOpens: "ключ хранилища открывает базу",
    roomKeys: (room) => `у комнаты «${room}» есть ключи`,
    roomNoKeys: (room) => `у комнаты «${room}» нет ключей. Создайте: postern room init ${room}`,
    certificateSoon: (room, days) =>
      `сертификат комнаты «${room}» кончается через ${plural("ru", days, units.day)}; понадобится код восстановления`,
    certificateOver: (room) =>
      `сертификат комнаты «${room}» кончился: читатели не примут новое. Нужен код восстановления`,
    source: (source, text) => `${source}: ${text}`,
    unknownFinding: (code) => `ответ проверки: ${code}`,
    sourceFailed: "источник не удалось проверить",
    servedHere: (address) => `страницу отдаёт сам мост: ${address}`,
    notServed: (folder) =>
      `мост страницу не отдаёт, только пишет папку ${folder}; её должен отдавать ваш хостинг`,
    noOrigins: (room) =>
      `у комнаты «${room}» не заданы origins: журнал ищут рядом со страницей. Задайте два места с первого дня`,
    oneOrigin: (room) =>
      `у комнаты «${room}» одно место в origins: если оно пропадёт, понадобятся новые ссылки`,
    originFine: (room, origin) => `«${room}» читается с ${origin}`,
    originEmpty: (room, origin) =>
      `${origin} отвечает, но комнаты «${room}» там ещё нет. Запустите мост (postern run) или скопируйте папку ленты`,
    originNotFeed: (room, origin) =>
      `${origin} отвечает чем-то другим, а не журналом комнаты «${room}». Проверьте адрес и путь`,
    originStatus: (room, origin, status) =>
      `${origin} для комнаты «${room}» отвечает кодом ${status}. Проверьте веб-сервер перед мостом`,
    originFault: (room, origin, fault) => `${origin} для комнаты «${room}» ${faults[fault]}`,
    fine: "Всё в порядке.",
    wrong: (count) =>
      `Не в порядке: ${plural("ru", count, { one: "пункт", few: "пункта", many: "пунктов" })} с пометкой ✗.`,
  },
  status: {
    running: "Мост работает.",
    stopped: "Мост не запущен. Запустить: postern run",
    sources: "Источники",
    rooms: "Комнаты",
    read: (ago) => `прочитан ${ago} назад`,
    neverRead: "ещё ни разу не прочитан",
    trouble: (text) => `мешает: ${text}`,
    troubles,
    empty: "всё отправлено",
    queued: (count) => `в очереди ${plural("ru", count, { one: "часть", few: "части", many: "частей" })}`,
    head: (waiting, attempts, due) =>
      `первая ждёт ${waiting}${attempts === 0 ? "" : `, неудач: ${attempts}`}${due === null ? "" : `, дальше через ${due}`}`,
    dead: (count) => `не доставлено и не будет: ${count}`,
    unmatched: (count) => `Постов, что не подошли ни под одно правило: ${count}.`,
  },
  open: {
    key_file_missing: (where) => `Файла с ключом ${where} нет. Проверьте vault.key_file.`,
    key_file_open_to_others: (where) => `Файл с ключом могут читать другие. Выполните: chmod 600 ${where}`,
    key_malformed: (where) => `В ${where} не ключ: нужны 64 шестнадцатеричные цифры.`,
    key_inside_data: (where) =>
      `Ключ ${where} лежит в папке данных: копия папки открывала бы сама себя. Перенесите его наружу.`,
    key_lost: (where) =>
      `Ключ ${where} пропал, а база им запечатана. Верните ключ из резервной копии; если его нет, запечатанное потеряно: docs/lost-key.md.`,
    passphrase_missing: () => "Нужна фраза-пароль, а спросить её негде. Запустите в терминале.",
    wrong_key: (where) => `Этот ключ не открывает эту базу (${where}). Ничего не записано.`,
    in_use: () => "Базой занят другой процесс. Подождите или остановите его.",
    newer_database: () => "База создана более новой версией Postern. Обновите программу.",
    unreadable: (where) => `${where} не открывается. Проверьте права и место на диске.`,
  },
};
