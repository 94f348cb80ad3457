/** What stands beside every sealed message: the same for all, so that it says nothing about any. */
interface Lines {
  readonly post: string;
  readonly file: string;
  readonly button: string;
}

export const carrierLines: Readonly<Record<"ru" | "en", Lines>> = {
  ru: {
    post: "Новое сообщение, запечатанное. Откройте его кнопкой или дайте этот файл странице чтения.",
    file: "Вложение к сообщению ниже, запечатанное. Дайте оба файла странице чтения.",
    button: "Открыть",
  },
  en: {
    post: "A new message, sealed. Open it with the button, or give this file to the reader page.",
    file: "An attachment of the message below, sealed. Give both files to the reader page.",
    button: "Open",
  },
};
