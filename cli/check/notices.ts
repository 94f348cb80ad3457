import type { Config } from "../../config/config.ts";
import type { Words } from "../texts/shape.ts";
import { fine, type Line, note } from "./line.ts";

/** Whether the rep is told of troubles by more than the log. */
export function checkNotices({ notices }: Config, words: Words): readonly Line[] {
  const say = words.care.notices;
  const routes = [
    ...(notices.command === null ? [] : [say.routes.command]),
    ...(notices.webhook === null ? [] : [say.routes.webhook]),
  ];
  return [routes.length === 0 ? note(say.only) : fine(say.second(routes))];
}
