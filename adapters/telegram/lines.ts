const changed = {
  ru: "Здесь была часть объявления. После правки её нет.",
  en: "A part of the announcement was here. The edit took it out.",
} as const;

/** What stands instead of a message that an edit made needless and that is too old to be deleted. */
export const changedLine = (lang: "ru" | "en"): string => changed[lang];
