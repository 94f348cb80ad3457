import { z } from "zod";
import { about, group } from "./about.ts";
import * as f from "./fields.ts";

/** Ways to the rep, as written. */
export const notices = z.strictObject(
  {
    command: about(
      f.filled(f.text).optional(),
      "A program and its arguments: it gets each notice on stdin, and its codes as POSTERN_NOTICE_… variables. No shell is between.",
      "Программа и её аргументы: получает каждое уведомление на stdin, а его коды в переменных POSTERN_NOTICE_…. Без оболочки.",
      { example: ["/usr/local/bin/tell-me", "--from", "postern"], off: true },
    ),
    webhook: about(
      f.url.optional(),
      "An address that gets each notice as JSON. One with a token in it: webhook_file or POSTERN_NOTICES_WEBHOOK.",
      "Адрес, который получает каждое уведомление в JSON. Если в нём есть токен: webhook_file или POSTERN_NOTICES_WEBHOOK.",
      { example: "https://ntfy.example.org/my-topic", off: true },
    ),
    webhook_file: about(
      f.path.optional(),
      "File with that address, mode 0600.",
      "Файл с этим адресом, права 0600.",
      { example: "./secrets/notices.url", off: true },
    ),
    webhook_secret_file: about(
      f.path.optional(),
      "File (0600) with what goes along as Authorization: Bearer. Or POSTERN_NOTICES_WEBHOOK_SECRET.",
      "Файл (0600) с тем, что передавать как Authorization: Bearer. Или POSTERN_NOTICES_WEBHOOK_SECRET.",
      { example: "./secrets/notices.secret", off: true },
    ),
    after: about(
      f.duration.prefault("1h"),
      "What may pass by itself (a source that is not read, a place that takes no copies) is told when it has lasted so long.",
      "О том, что может пройти само (источник не читается, место не принимает копии), сообщать, если это длится столько.",
      { example: "1h", off: true },
    ),
  },
  group,
);

/** When rooms are told of a silent source, as written. */
export const silence = z.strictObject(
  {
    after: about(
      f.silence.prefault("6h"),
      "After so long without its source being read a room gets one note, and one when it is read again. off: none.",
      "Если источник столько времени не читается, комната получает одну заметку, и ещё одну, когда он снова читается. off: не писать.",
      { example: "6h", off: true },
    ),
    urgent_after: about(
      f.silence.prefault("2h"),
      "The same for mappings that have urgent announcements.",
      "То же для правил, где бывают срочные объявления.",
      { example: "2h", off: true },
    ),
  },
  group,
);

/** Room on the disk, as written. */
export const disk = z.strictObject(
  {
    spool_max: about(
      f.size.prefault("5 GB"),
      "Files on their way take at most about so much; further ones wait.",
      "Файлы в пути занимают не больше примерно столького; остальные ждут.",
      { example: "5 GB", off: true },
    ),
    keep_free: about(
      f.size.prefault("1 GB"),
      "With less free space nothing new is read until there is more. Nothing is lost meanwhile.",
      "Если свободного места меньше, новое не читается, пока его не станет больше. Ничего при этом не теряется.",
      { example: "1 GB", off: true },
    ),
  },
  group,
);

/** What watches the bridge from outside, as written. */
export const monitor = z.strictObject(
  {
    listen: about(
      f.listen.prefault("off"),
      "Address and port for /live, /ready and /metrics (Prometheus): codes and counts only. off: none.",
      "Адрес и порт для /live, /ready и /metrics (Prometheus): только коды и числа. off: не слушать.",
      { example: "127.0.0.1:9464", off: true },
    ),
    allow_remote: about(
      f.yesNo.default(false),
      "Allow an address that others than this machine can reach. Names of rooms and sources, and counts, are seen there.",
      "Разрешить адрес, доступный не только с этой машины. Там видны имена комнат и источников и числа.",
      { example: false, off: true },
    ),
  },
  group,
);
