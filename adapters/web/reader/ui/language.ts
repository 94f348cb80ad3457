import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { en } from "./texts.en.ts";
import { ru, type Texts } from "./texts.ru.ts";

export type Lang = "ru" | "en";

export const textsOf = (lang: Lang): Texts => (lang === "ru" ? ru : en);
export const Language = createContext<Texts>(ru);
export const useTexts = (): Texts => useContext(Language);

const key = "postern-language";

/** The language chosen on this device before, or the browser's; English where neither is Russian. */
export function firstLanguage(): Lang {
  try {
    const kept = localStorage.getItem(key);
    if (kept === "ru" || kept === "en") return kept;
  } catch {
    // Storage may be forbidden (a file from disk, a private window): the browser's own language then.
  }
  return /^(ru|be|uk|kk)\b/i.test(navigator.language) ? "ru" : "en";
}

export function keepLanguage(lang: Lang): void {
  try {
    localStorage.setItem(key, lang);
  } catch {
    // Kept in memory alone.
  }
}
