import type { Lang } from "./config.ts";
import type { Environment } from "./secrets.ts";

/** The language that the environment asks for (LC_ALL, LC_MESSAGES, LANG); English if it is not Russian. */
export function langOf(env: Environment): Lang {
  const wanted = env.LC_ALL || env.LC_MESSAGES || env.LANG || "";
  return /^ru(?:[_.-]|$)/i.test(wanted) ? "ru" : "en";
}

/** The `lang:` of a settings file, read without parsing the rest, which may be broken; null: there is none. */
export function writtenLang(yaml: string): Lang | null {
  const found = /^lang:[ \t]*["']?(ru|en)["']?[ \t]*(?:#.*)?$/m.exec(yaml)?.[1];
  return found === "ru" || found === "en" ? found : null;
}
