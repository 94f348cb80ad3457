import { z } from "zod";
import { AccountName, BotName, RoomName, SourceName } from "../bridge/model/ids.ts";
import { about, group } from "./about.ts";
import * as f from "./fields.ts";
import { disk, monitor, notices, silence } from "./schema-care.ts";
import { feed } from "./schema-feed.ts";
import { mapping } from "./schema-mapping.ts";
import { account } from "./schema-matrix.ts";
import { language, room } from "./schema-room.ts";
import { maxBot } from "./schema-source.ts";
import { bot } from "./schema-telegram.ts";

const vault = z.strictObject(
  {
    key_file: about(
      f.path.optional(),
      "File with the vault's key (64 hex digits), mode 0600, outside the data folder. Without it: POSTERN_VAULT_KEY, else the passphrase, else a key is made on the first start.",
      "Файл с ключом хранилища (64 шестнадцатеричные цифры), права 0600, вне папки данных. Без него: POSTERN_VAULT_KEY, иначе фраза-пароль, иначе ключ создаётся при первом запуске.",
      { example: "./secrets/vault.key", off: true },
    ),
    passphrase: about(
      f.yesNo.default(false),
      "Ask for a passphrase at each start.",
      "Спрашивать фразу-пароль при каждом запуске.",
      { example: false, off: true },
    ),
  },
  group,
);

const log = z.strictObject(
  {
    level: about(
      z.enum(["trace", "debug", "info", "warn", "error"]).default("info"),
      "How much is logged: codes and counts only, at every level.",
      "Подробность журнала работы: на любом уровне только коды и числа.",
      { example: "info" },
    ),
    file: about(f.path.optional(), "Log to this file, not to stdout.", "Писать в этот файл, а не в stdout.", {
      example: "./postern.log",
      off: true,
    }),
  },
  group,
);

/**
 * postern.yaml as written. From it come the errors, postern.example.yaml and postern.schema.json (generate.ts);
 * load.ts makes a Config of it.
 */
export const Schema = z.strictObject(
  {
    version: about(z.literal(1), "Version of this file's format.", "Версия формата этого файла.", {
      example: 1,
    }),
    lang: about(language.default("ru"), "Language of messages: ru or en.", "Язык сообщений: ru или en.", {
      example: "ru",
    }),
    data: about(
      f.path.prefault("./data"),
      "Folder for the database and spool. Everything in it is sealed.",
      "Папка для базы и временных файлов. Всё в ней зашифровано.",
      { example: "./data" },
    ),
    witness: about(
      f.path.optional(),
      "File that remembers how far each room was ever shown, so that a data folder that was put back is noticed; outside the data folder. Default: beside a key that Postern makes itself.",
      "Файл, который помнит, до какого места показана каждая комната: по нему видно, что папку данных вернули к старому. Вне папки данных. По умолчанию рядом с ключом, который Postern создаёт сам.",
      { example: "./witness", off: true },
    ),
    vault: about(
      vault.prefault({}),
      "The key that seals what is stored.",
      "Ключ, которым зашифровано хранимое.",
    ),
    sources: about(
      z.record(SourceName, maxBot, group),
      "Where announcements come from: a name of your choice, then its settings.",
      "Откуда берутся объявления: имя на ваш выбор и настройки.",
      { example: "faculty" },
    ),
    matrix: about(
      z.record(AccountName, account, group).default({}),
      "Accounts with Matrix servers, for rooms of type matrix: a name of your choice, then its settings. To log in: postern matrix login NAME.",
      "Учётные записи на серверах Matrix, для комнат типа matrix: имя на ваш выбор и настройки. Войти: postern matrix login ИМЯ.",
      { example: "campus", off: true },
    ),
    telegram: about(
      z.record(BotName, bot, group).default({}),
      "Telegram bots, for rooms of type telegram: a name of your choice, then its settings. To make a channel a room: postern telegram setup.",
      "Боты Telegram, для комнат типа telegram: имя на ваш выбор и настройки. Сделать канал комнатой: postern telegram setup.",
      { example: "campus", off: true },
    ),
    rooms: about(
      z.record(RoomName, room, group),
      "Where they go. The name is used in commands only (room init NAME, matrix room NAME, telegram setup NAME).",
      "Куда они идут. Имя нужно только для команд (room init ИМЯ, matrix room ИМЯ, telegram setup ИМЯ).",
      { example: "faculty" },
    ),
    mappings: about(
      f.list(mapping),
      "Which source goes to which rooms, under which rules.",
      "Какой источник в какие комнаты и по каким правилам.",
    ),
    feed: about(feed.prefault({}), "The sealed web feed.", "Зашифрованная веб-лента."),
    silence: about(
      silence.prefault({}),
      "When rooms are told that announcements cannot be read.",
      "Когда сообщать комнатам, что объявления не удаётся прочитать.",
    ),
    notices: about(
      notices.prefault({}),
      "How you are told when something is wrong, besides the log. Try it: postern notices test.",
      "Как сообщать вам о неполадках, кроме журнала. Проверить: postern notices test.",
    ),
    disk: about(disk.prefault({}), "Room on the disk.", "Место на диске."),
    monitor: about(
      monitor.prefault({}),
      "For programs that watch the bridge.",
      "Для программ, которые следят за мостом.",
    ),
    log: about(log.prefault({}), "The bridge's own log.", "Журнал работы самого моста."),
  },
  group,
);
export type Written = z.infer<typeof Schema>;
