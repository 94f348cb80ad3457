const line = {
  ru: "Это объявление удалено в исходном канале.",
  en: "This announcement was removed from the original channel.",
} as const;

/** What rooms are told of an announcement that was removed, where they keep it. */
export const removedLine = (lang: "ru" | "en"): string => line[lang];
