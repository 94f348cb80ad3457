import type { Words } from "./shape.ts";

/** What keeps a source from being read. */
export const troubles: Words["status"]["troubles"] = {
  rate_limited: "источник просит подождать",
  server_error: "сбой на стороне источника",
  unreachable: "источник недоступен: проверьте сеть и proxy",
  not_json: "вместо ответа пришла веб-страница: проверьте base_url и proxy",
  bad_answer: "источник ответил непонятно",
  timeout: "источник не ответил вовремя",
  tls: "сертификату источника нет доверия: для MAX задайте ca_file с корневым сертификатом Минцифры",
  proxy: "прокси не отвечает или отказал: проверьте proxy",
  webhook_set: "у бота включён вебхук, опрос не работает: отключите вебхук",
  token_refused: "токен не принят: возьмите новый у создателя бота",
  access_denied: "доступ закрыт: проверьте, что бот администратор канала",
  gone: "бота или канала больше нет",
};

const where = (channel: string): string => (channel === "" ? "" : `канал ${channel}: `);

/** Findings of a source's self-check, by code. */
export const findings: Words["findings"] = {
  ...Object.fromEntries(
    Object.entries(troubles).map(([code, text]) => [
      code,
      ({ channel }: { channel: string }) => where(channel) + text,
    ]),
  ),
};
