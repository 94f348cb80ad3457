/** The neutral words that stand for what does not cross the bridge. */
export interface ScrubWords {
  readonly maxLink: string;
  readonly id: string;
  readonly handle: string;
  readonly forwarded: string;
  readonly contact: string;
  readonly place: string;
  readonly unknown: string;
  /** Of so many attachments only the first `kept` are mirrored. */
  readonly tooMany: (count: number, kept: number) => string;
}

const words: Readonly<Record<"ru" | "en", ScrubWords>> = {
  ru: {
    maxLink: "[ссылка на MAX]",
    id: "[номер]",
    handle: "[упоминание]",
    forwarded: "Переслано:",
    contact: "[Контакт не переносится]",
    place: "Место",
    unknown: "[Вложение неизвестного вида: оно видно только в исходном канале]",
    tooMany: (count, kept) => `[Вложений слишком много: ${count}. Перенесены первые ${kept}]`,
  },
  en: {
    maxLink: "[MAX link]",
    id: "[id]",
    handle: "[mention]",
    forwarded: "Forwarded:",
    contact: "[A contact card is not mirrored]",
    place: "Place",
    unknown: "[An attachment of an unknown kind: it can be seen in the original channel only]",
    tooMany: (count, kept) => `[Too many attachments: ${count}. The first ${kept} are mirrored]`,
  },
};

export const scrubWords = (lang: "ru" | "en"): ScrubWords => words[lang];
