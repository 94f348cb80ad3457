import type { FixedMedia, FixedMessage } from "./fixed.ts";
import type { Formatted } from "./message.ts";

export interface Variant {
  readonly messages: readonly FixedMessage[];
  /** A text that stands for files which were not taken. */
  readonly line: boolean;
}

/** Telegram's limit for a text, UTF-16 units. */
const LONGEST_TEXT = 4_096;

const isMedia = (message: FixedMessage): message is FixedMedia => message.kind === "media";

/** The files as plain ones: of these Telegram looks at the size alone. */
const asDocument = (media: FixedMedia): FixedMedia => ({ ...media, form: "document" });

/** A text with lines below it that stand for files. */
export function withLines({ text, entities }: Formatted, lines: readonly string[]): Formatted {
  const whole = [text, lines.join("\n")].filter((one) => one !== "").join("\n\n");
  return { text: whole.slice(0, LONGEST_TEXT).trimEnd(), entities };
}

/** What is told of files that are not taken: the caption they had, and a line for each. */
function lines(files: readonly FixedMedia[]): FixedMessage {
  const caption = files.find((m) => m.caption.text !== "")?.caption ?? { text: "", entities: [] };
  const { text, entities } = withLines(
    caption,
    files.map((m) => m.missing),
  );
  return { kind: "text", part: files[0]?.part ?? "", body: { text, entities: [...entities] } };
}

/**
 * What is tried in turn where the server does not take a message for what it is. Of an album no line tells at once: its
 * files are sent one by one first.
 */
export function variants(messages: readonly FixedMessage[]): readonly Variant[] {
  const files = messages.filter(isMedia);
  const asIs: Variant = { messages, line: false };
  if (files.length === 0) return [asIs];
  const plain = files.some((m) => m.form !== "document")
    ? [{ messages: files.map(asDocument), line: false }]
    : [];
  const told = messages.length > 1 ? [] : [{ messages: [lines(files)], line: true }];
  return [asIs, ...plain, ...told];
}
