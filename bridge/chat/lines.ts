/** What the bridge says of itself in a direct chat. */
export interface ChatLines {
  /** Before the list of what it knows. */
  readonly intro: string;
  readonly help: string;
  readonly unknown: string;
  readonly stranger: string;
}

const ru: ChatLines = {
  intro: "Я пересылаю объявления. Здесь я понимаю:",
  help: "помощь (help): что я умею",
  unknown: "Такого я не понимаю. Напишите «помощь».",
  stranger: "Здесь отвечают только знакомым. Всего доброго.",
};

const en: ChatLines = {
  intro: "I forward announcements. Here I understand:",
  help: "help (помощь): what I can do",
  unknown: 'I do not understand that. Write "help".',
  stranger: "Only people known here are answered. All the best.",
};

export const chatLines = (lang: "ru" | "en"): ChatLines => (lang === "ru" ? ru : en);
