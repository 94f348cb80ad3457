import { z } from "zod";
import { about, group } from "./about.ts";
import * as f from "./fields.ts";

/** The feed as written. */
export const feed = z.strictObject(
  {
    listen: about(
      f.listen.prefault("127.0.0.1:8080"),
      "Address and port for the feed; off: it is only written to its folder. Put a web server with https before it.",
      "Адрес и порт ленты; off: лента только пишется в папку. Снаружи поставьте веб-сервер с https.",
      { example: "127.0.0.1:8080" },
    ),
    public_url: about(
      f.url.optional(),
      "Address at which readers open the page; it goes into links. Default: the address it listens on.",
      "Адрес, по которому читатели открывают страницу; он попадает в ссылки. По умолчанию тот, что слушаем.",
      { example: "https://feed.example.org", off: true },
    ),
    folder: about(
      f.path.optional(),
      "Where the sealed log is written; copy it to any static host. Default: feed in the data folder.",
      "Куда писать зашифрованный журнал; его можно копировать на любой хостинг. По умолчанию feed в папке данных.",
      { example: "./data/feed", off: true },
    ),
    reader: about(
      f.yesNo.default(true),
      "Serve the reader page beside the log.",
      "Отдавать рядом с журналом страницу для чтения.",
      { example: true, off: true },
    ),
    limits: about(
      z
        .strictObject(
          {
            requests_per_minute: about(
              f.count.default(600),
              "Requests a minute of one address (a whole dormitory may share one).",
              "Запросов в минуту с одного адреса (за ним может быть целое общежитие).",
              { example: 600 },
            ),
            streams: about(
              f.count.default(64),
              "Open waits for news of one address.",
              "Одновременных ожиданий новостей с одного адреса.",
              { example: 64 },
            ),
          },
          group,
        )
        .prefault({}),
      "Limits per address. Addresses are never written down.",
      "Ограничения на адрес. Адреса нигде не записываются.",
      { off: true },
    ),
    trust_proxy: about(
      z.enum(["none", "x-forwarded-for", "x-real-ip"]).default("none"),
      "Header in which your own web server tells a reader's address. none: the connection's own address.",
      "Заголовок, в котором ваш веб-сервер сообщает адрес читателя. none: адрес самого соединения.",
      { example: "none", off: true },
    ),
  },
  group,
);
