import { z } from "zod";
import { about, group } from "./about.ts";
import * as f from "./fields.ts";

/** An account with a Matrix server, as written. Password, token and keys are never written here. */
export const account = z.strictObject(
  {
    base_url: about(
      f.url,
      "Address of the server's client API, as its provider names it.",
      "Адрес клиентского API сервера; его называет тот, у кого учётная запись.",
      { example: "https://matrix.example.org" },
    ),
    device_name: about(
      f.title.default("Laptop"),
      "The name of the bridge's device. Others in the rooms may see it, so it should say nothing.",
      "Имя устройства моста. Его могут видеть другие в комнатах, поэтому пусть оно ни о чём не говорит.",
      { example: "Laptop", off: true },
    ),
    ca_file: about(
      f.path.optional(),
      "Certificates (PEM) trusted for this account only, besides the usual ones.",
      "Сертификаты (PEM), которым доверяем только для этой учётной записи, кроме обычных.",
      { example: "./matrix-root.pem", off: true },
    ),
    proxy: about(
      f.proxy.optional(),
      "Proxy for this account only: http, https or socks5. With a password in it: POSTERN_MATRIX_<NAME>_PROXY or proxy_file.",
      "Прокси только для этой учётной записи: http, https или socks5. С паролем: POSTERN_MATRIX_<ИМЯ>_PROXY или proxy_file.",
      { example: "socks5://127.0.0.1:1080", off: true },
    ),
    proxy_file: about(
      f.path.optional(),
      "File with the proxy's address, mode 0600.",
      "Файл с адресом прокси, права 0600.",
      { example: "./secrets/campus.proxy", off: true },
    ),
    deadlines: about(
      z
        .strictObject(
          {
            call: about(
              f.duration.prefault("30s"),
              "The longest that one question to the server may take.",
              "Сколько времени даётся на один вопрос серверу.",
              { example: "30s" },
            ),
            file: about(
              f.duration.prefault("30m"),
              "The longest that one file may take.",
              "Сколько времени даётся на один файл.",
              { example: "30m" },
            ),
          },
          group,
        )
        .prefault({}),
      "How long the server is waited for.",
      "Сколько ждать ответа сервера.",
      { off: true },
    ),
  },
  group,
);
