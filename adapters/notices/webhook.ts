import type { NoticeRoute } from "../../bridge/notices/port.ts";

export interface WebhookRouteOptions {
  /** May hold a token, so it is never shown. */
  readonly url: string;
  /** Sent as `Authorization: Bearer …`; null: no such header. */
  readonly secret: string | null;
}

/** The longest that one request may take, ms. */
const DEADLINE = 20_000;

/**
 * Posts each notice as JSON: `text` in words, and its codes. It arrived when the answer is 2xx. Redirects are not
 * followed, since they would carry the secret elsewhere; nothing of an answer is kept.
 */
export function webhookRoute(o: WebhookRouteOptions): NoticeRoute {
  return {
    name: "webhook",
    async send(notice, text, signal) {
      const { at, since, ...codes } = notice;
      const moments = { at: new Date(at).toISOString(), since: new Date(since).toISOString() };
      try {
        const { request } = await import("undici");
        const { statusCode, body } = await request(o.url, {
          method: "POST",
          headers: {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "postern",
            ...(o.secret === null ? {} : { authorization: `Bearer ${o.secret}` }),
          },
          body: JSON.stringify({ text, ...codes, ...moments }),
          signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE)]),
          headersTimeout: DEADLINE,
          bodyTimeout: DEADLINE,
        });
        await body.dump({ limit: 65_536 }).catch(() => {});
        return statusCode >= 200 && statusCode < 300;
      } catch {
        // Its errors carry the address and with it the token.
        return false;
      }
    },
  };
}
