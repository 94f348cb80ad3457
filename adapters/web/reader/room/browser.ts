import type { Environment } from "./environment.ts";
import { browserStorage } from "./storage.ts";

/** Built-in browsers of messengers: they may keep or send on what is opened in them. */
const inApp =
  /FBAN|FBAV|Instagram|Line\/|MicroMessenger|VKAndroidApp|VKClient|com\.vk\.|OKApp|MAXApp|OneMe|; wv\)|Telegram/i;

const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, Math.min(ms, 2 ** 31 - 1));
    signal?.addEventListener("abort", done, { once: true });
  });

/** The real browser. */
export async function browserEnvironment(): Promise<Environment> {
  const fragment = () => location.hash.replace(/^#/, "");
  const clearFragment = () => history.replaceState(null, "", location.pathname + location.search);
  // Before anything is waited for: a link must not stand in the address bar.
  const opened = fragment();
  if (opened !== "") clearFragment();
  return {
    fetch: (url, init) => fetch(url, init),
    sleep,
    storage: await browserStorage(),
    now: () => Date.now(),
    breathe: () => sleep(0),
    fragment: opened,
    clearFragment,
    onFragment: (changed) => addEventListener("hashchange", () => changed(fragment())),
    page:
      location.protocol === "file:"
        ? null
        : new URL(".", location.href).href.replace(/[?#].*$/, "").replace(/\/$/, ""),
    inApp: inApp.test(navigator.userAgent) || "TelegramWebviewProxy" in window,
    visible: () => document.visibilityState === "visible",
    onVisible: (changed) => document.addEventListener("visibilitychange", changed),
  };
}
