import { z } from "zod";
import { BotName } from "../bridge/model/ids.ts";
import { about, group } from "./about.ts";
import * as f from "./fields.ts";

/** Where Telegram's own Bot API is. */
export const telegramRoot = "https://api.telegram.org";

/** A Telegram bot, as written. */
export const bot = z.strictObject(
  {
    token_file: about(
      f.path.optional(),
      "File with the bot's token (BotFather gives it), mode 0600. Or the environment: POSTERN_TELEGRAM_<NAME>_TOKEN, POSTERN_TELEGRAM_<NAME>_TOKEN_FILE.",
      "Файл с токеном бота (его даёт BotFather), права 0600. Или окружение: POSTERN_TELEGRAM_<ИМЯ>_TOKEN, POSTERN_TELEGRAM_<ИМЯ>_TOKEN_FILE.",
      { example: "./secrets/telegram.token" },
    ),
    token: about(
      f.text.optional(),
      "The token itself. Better kept in a file; with it this file must have mode 0600.",
      "Сам токен. Лучше хранить его в файле; с ним у этого файла должны быть права 0600.",
      { example: "…", off: true },
    ),
    proxy: about(
      f.proxy.optional(),
      "Proxy for this bot only: http, https or socks5. Then nothing goes past it. With a password in it: POSTERN_TELEGRAM_<NAME>_PROXY or proxy_file.",
      "Прокси только для этого бота: http, https или socks5. Мимо него тогда ничего не идёт. С паролем: POSTERN_TELEGRAM_<ИМЯ>_PROXY или proxy_file.",
      { example: "socks5://127.0.0.1:1080", off: true },
    ),
    proxy_file: about(
      f.path.optional(),
      "File with the proxy's address, mode 0600.",
      "Файл с адресом прокси, права 0600.",
      { example: "./secrets/telegram.proxy", off: true },
    ),
    ca_file: about(
      f.path.optional(),
      "Certificates (PEM) trusted for this bot only, besides the usual ones.",
      "Сертификаты (PEM), которым доверяем только для этого бота, кроме обычных.",
      { example: "./telegram-root.pem", off: true },
    ),
    api_root: about(
      f.url.default(telegramRoot),
      "Address of the Bot API. Through a Bot API server of your own files of up to 2 GB go, else of 50 MB.",
      "Адрес Bot API. Через собственный сервер Bot API проходят файлы до 2 ГБ, иначе до 50 МБ.",
      { example: telegramRoot, off: true },
    ),
    deadlines: about(
      z
        .strictObject(
          {
            call: about(
              f.duration.prefault("30s"),
              "The longest that one call may take.",
              "Сколько времени даётся на один вызов.",
              { example: "30s" },
            ),
            file: about(
              f.duration.prefault("10m"),
              "The longest that one file may take.",
              "Сколько времени даётся на один файл.",
              { example: "10m" },
            ),
          },
          group,
        )
        .prefault({}),
      "How long Telegram is waited for.",
      "Сколько ждать ответа Telegram.",
      { off: true },
    ),
    admins: about(
      f.list(f.telegramUser).default([]),
      "Telegram ids of those whom the bot answers in private. Others get one polite line, once.",
      "Номера в Telegram тех, кому бот отвечает в личном чате. Остальным один раз вежливо отказывает.",
      { example: [123_456_789], off: true },
    ),
  },
  group,
);

/** A place in Telegram: a chat of a bot, or one topic of it. */
const keysOf = (chat: number) => ({
  bot: about(BotName, "A name from telegram.", "Имя из telegram.", { example: "campus" }),
  chat: about(
    f.telegramChat,
    "The id of the channel or group: a negative integer. postern telegram setup finds it out and writes it here.",
    "Номер канала или группы: отрицательное целое число. Его узнаёт и вписывает сюда postern telegram setup.",
    { example: chat },
  ),
  topic: about(
    f.telegramTopic.optional(),
    "The topic of a forum; without it the whole chat.",
    "Тема форума; без неё весь чат.",
    { example: 42, off: true },
  ),
});

/** That of a room of type telegram. */
export const chatKeys = keysOf(-1_001_234_567_890);

/** The channel that carries a sealed room's log, as written. */
export const carrier = z.strictObject(keysOf(-1_009_876_543_210), group);
