import { commandRoute } from "../adapters/notices/command.ts";
import { webhookRoute } from "../adapters/notices/webhook.ts";
import type { Logger } from "../bridge/log/logger.ts";
import type { NoticeCode, NoticeRoute } from "../bridge/notices/port.ts";
import type { Config } from "../config/config.ts";

export interface NoticeRoutesOptions {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  /** Tells whoever sees the bridge's own output. */
  readonly tell: (text: string) => void;
}

/** Of these the bridge's output tells at once, before they have lasted. */
const said: readonly NoticeCode[] = [
  "source_stopped",
  "source_denied",
  "vanished",
  "carrier_failed",
  "dead_letters",
  "certificate_over",
  "new_chain",
  "room_halted",
  "origins_silent",
  "bridge_failed",
];

/** The log: its codes in the log itself, its words in the bridge's output. */
const logRoute = ({ logger, tell }: NoticeRoutesOptions): NoticeRoute => ({
  name: "log",
  async send({ code, state, source, room, account, count }, text) {
    logger.event(`notice.${state}`, {
      reason: code,
      ...(source === undefined ? {} : { source }),
      ...(room === undefined ? {} : { room }),
      ...(account === undefined ? {} : { account }),
      ...(count === undefined ? {} : { count }),
    });
    if (state === "back" || !said.includes(code)) tell(text);
    return true;
  },
});

/** All ways to the rep that the configuration names. The log is always one. */
export function noticeRoutes(o: NoticeRoutesOptions): readonly NoticeRoute[] {
  const { command, webhook, webhookSecret } = o.config.notices;
  return [
    logRoute(o),
    ...(command === null ? [] : [commandRoute({ command, env: o.env })]),
    ...(webhook === null
      ? []
      : [webhookRoute({ url: webhook.reveal(), secret: webhookSecret?.reveal() ?? null })]),
  ];
}
