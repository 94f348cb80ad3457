import type { DeliveryMedia } from "../outbox/port.ts";

/** Why an attachment is not in a room; the reader is told in a line of the text, never by silence. */
const reasons = {
  later: { ru: "появится здесь позже", en: "will follow here" },
  too_large: { ru: "слишком велик и не переслан", en: "is too large and was not forwarded" },
  not_cleanable: {
    ru: "не удалось очистить от скрытых данных, поэтому не переслан",
    en: "could not be cleaned of hidden data and was not forwarded",
  },
  kind: { ru: "в эту комнату не переносится", en: "is not mirrored into this room" },
  gone: { ru: "уже недоступен в исходном канале", en: "is no longer available in the original channel" },
  not_taken: {
    ru: "сервер этой комнаты не принял его, поэтому не переслан",
    en: "was not taken by this room's server and was not forwarded",
  },
  earlier: { ru: "было переслано сюда раньше", en: "was forwarded here before" },
  unavailable: {
    ru: "не удалось получить из исходного канала",
    en: "could not be fetched from the original channel",
  },
} as const;

const kinds = {
  image: { ru: "Фото", en: "Photo" },
  video: { ru: "Видео", en: "Video" },
  audio: { ru: "Аудио", en: "Audio" },
  file: { ru: "Файл", en: "File" },
  sticker: { ru: "Стикер", en: "Sticker" },
} as const;

/** The line that stands for an attachment, like "[File file-2026-11-24-1.pdf will follow here]". */
export function missingLine(
  code: string,
  media: Pick<DeliveryMedia, "kind" | "name">,
  lang: "ru" | "en",
): string {
  const known = Object.entries(reasons).find(([key]) => key === code)?.[1] ?? reasons.unavailable;
  return `[${kinds[media.kind][lang]} ${media.name}: ${known[lang]}]`;
}

const elsewhere = {
  ru: "слишком велик для этого чата. Он в зашифрованной комнате, для тех, кто в ней",
  en: "is too large for this chat. It is in the sealed room, for those who are in it",
} as const;

/** The line of an attachment that readers of a sealed room find there: `at` opens nothing for anybody else. */
export const elsewhereLine = (
  media: Pick<DeliveryMedia, "kind" | "name">,
  at: string,
  lang: "ru" | "en",
): string => `[${kinds[media.kind][lang]} ${media.name}: ${elsewhere[lang]}: ${at} ]`;
