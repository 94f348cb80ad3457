import type { Lang } from "../../config/config.ts";
import { en } from "./en.ts";
import { ru } from "./ru.ts";
import type { Words } from "./shape.ts";

export const languages = { ru, en } satisfies Record<Lang, Words>;

export const wordsOf = (lang: Lang): Words => languages[lang];
