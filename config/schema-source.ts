import { z } from "zod";
import { about, group } from "./about.ts";
import * as f from "./fields.ts";
import { hint } from "./hints.ts";

/** A source as written: the MAX bot API. */
export const maxBot = z.strictObject(
  {
    type: about(
      z.literal("max-bot"),
      "max-bot: a bot that the channel's admins made an administrator with the right to read all messages.",
      "max-bot: бот, которого админы канала сделали администратором с правом читать все сообщения.",
      { example: "max-bot" },
    ),
    token_file: about(
      f.path.optional(),
      "File with the bot's token, mode 0600. Or the environment: POSTERN_<NAME>_TOKEN, POSTERN_<NAME>_TOKEN_FILE.",
      "Файл с токеном бота, права 0600. Или окружение: POSTERN_<ИМЯ>_TOKEN, POSTERN_<ИМЯ>_TOKEN_FILE.",
      { example: "./secrets/faculty.token" },
    ),
    token: about(
      f.text.optional(),
      "The token itself. Better kept in a file; with it this file must have mode 0600.",
      "Сам токен. Лучше хранить его в файле; с ним у этого файла должны быть права 0600.",
      { example: "…", off: true },
    ),
    base_url: about(
      f.url.default("https://platform-api2.max.ru"),
      "Address of the bot API.",
      "Адрес API ботов.",
      { example: "https://platform-api2.max.ru", off: true },
    ),
    ca_file: about(
      f.path.optional(),
      "Certificates (PEM) trusted for this source only, besides the usual ones: MAX needs the Mintsifry root.",
      "Сертификаты (PEM), которым доверяем только для этого источника, кроме обычных: MAX нужен корневой сертификат Минцифры.",
      { example: "./russian-trusted-root.pem", off: true },
    ),
    proxy: about(
      f.proxy.optional(),
      "Proxy for this source only: http, https or socks5. With a password in it: POSTERN_<NAME>_PROXY or proxy_file.",
      "Прокси только для этого источника: http, https или socks5. С паролем: POSTERN_<ИМЯ>_PROXY или proxy_file.",
      { example: "socks5://127.0.0.1:1080", off: true },
    ),
    proxy_file: about(
      f.path.optional(),
      "File with the proxy's address, mode 0600.",
      "Файл с адресом прокси, права 0600.",
      { example: "./secrets/faculty.proxy", off: true },
    ),
    media: about(
      z
        .strictObject(
          {
            at_once: about(
              f.count.max(16, { error: hint("count") }).default(2),
              "How many files are fetched at once.",
              "Сколько файлов качать одновременно.",
              { example: 2 },
            ),
            deadline: about(
              f.duration.prefault("10m"),
              "The longest that one file may take.",
              "Сколько времени даётся на один файл.",
              { example: "10m" },
            ),
          },
          group,
        )
        .prefault({}),
      "Fetching of photos and files.",
      "Загрузка фото и файлов.",
      { off: true },
    ),
    reach: about(
      f.duration.prefault("7d"),
      "How far back missed posts are looked for after a gap.",
      "Насколько далеко назад искать пропущенное после перерыва.",
      { example: "7d", off: true },
    ),
  },
  group,
);
