import { createControl } from "../../../simulators/telegram/control.ts";
import { uploadOf } from "../../../simulators/telegram/files.ts";
import type { Files, Payload } from "../../../simulators/telegram/method.ts";
import type { Settings } from "../../../simulators/telegram/settings.ts";
import { Telegram } from "../../../simulators/telegram/telegram.ts";
import { HandClock } from "../../hand-clock.helper.ts";

/** A world on a hand clock with one bot, and a short way to ask it. */
export function world(settings: Partial<Settings> = {}) {
  const clock = new HandClock();
  const telegram = new Telegram({ clock, settings });
  const control = createControl(telegram);
  const bot = control.createBot({});
  const reply = (method: string, payload: Payload = {}, files?: Files, token = bot.token) =>
    telegram.handle(token, method, payload, files);
  return {
    clock,
    telegram,
    control,
    bot,
    reply,
    /** The result; throws with the description of a refusal. */
    ask(method: string, payload: Payload = {}, files?: Files, token = bot.token): unknown {
      const got = reply(method, payload, files, token);
      if (got.kind !== "answer") throw new Error(got.kind);
      if (!got.body.ok) throw new Error(got.body.description);
      return got.body.result;
    },
    /** Why it is refused; "ok" where it is not. */
    why(method: string, payload: Payload = {}, files?: Files): string {
      const got = reply(method, payload, files);
      if (got.kind !== "answer") return got.kind;
      return got.body.ok ? "ok" : `${got.status} ${got.body.description}`;
    },
  };
}

/** Small files by the names of their parts. */
export const parts = (...names: readonly string[]): Files =>
  new Map(names.map((name) => [name, uploadOf(`${name}.bin`, Buffer.from(`content of ${name}`))]));

export const all = { rights: "all" as const };
