import type { Chat, Message } from "../../simulators/telegram/model.ts";

/** What a room's members are to see of each post, by its number. */
export type Expected = ReadonlyMap<
  number,
  { readonly text: string; readonly files: number; readonly removed: boolean; readonly edited: boolean }
>;

export interface Verdict {
  readonly wrong: readonly string[];
  /** Messages more than there should be: single ones, and albums. */
  readonly doubles: number;
  readonly albums: number;
}

const textOf = ({ content }: Message): string => (content.kind === "service" ? "" : content.body.text);
/** It needs no button to be looked for by: it is of an album, or of one whose files were sent one by one (`apart`). */
export const ofAlbum = (m: Message, apart: boolean): boolean =>
  m.album !== null || (apart && isFile(m) && m.markup === null);
const isFile = ({ content }: Message): boolean => content.kind === "media";

/**
 * What came of it in a chat, as a member sees it. `unknownIds`: an admin's answer tells no ids, so that what is edited may
 * be posted anew. `apart`: whether some albums were not taken.
 */
export function judge(chat: Chat, expected: Expected, unknownIds: boolean, apart: boolean): Verdict {
  const wrong: string[] = [];
  const all = [...chat.messages.values()].filter((m) => m.author.isBot);
  let doubles = 0;
  let albums = 0;
  let last = 0;
  for (const [n, e] of expected) {
    const mine = all.filter((m) => textOf(m).startsWith(e.text));
    const now = mine.filter((m) => textOf(m).includes("Аудитория") === e.edited);
    // Files follow a text that is too long for a caption, as an answer to it.
    const ids = new Set(mine.map((m) => m.id));
    const groups = new Set(mine.map((m) => m.album).filter((a) => a !== null));
    const files = all.filter(
      (m) =>
        isFile(m) &&
        (ids.has(m.id) ||
          (m.album !== null && groups.has(m.album)) ||
          (textOf(m) === "" && m.replyTo !== null && ids.has(m.replyTo))),
    );
    const extra = (many: readonly Message[], wanted: number): void => {
      if (many.length <= wanted) return;
      const more = many.length - wanted;
      const those = many.filter((m) => ofAlbum(m, apart)).length;
      albums += Math.min(more, those);
      doubles += Math.max(0, more - those);
    };
    if (e.removed) {
      if (!unknownIds) extra(mine, 0);
      continue;
    }
    if (now.length === 0) wrong.push(`post ${n} is lost: ${mine.map(textOf).join(" | ").slice(0, 200)}`);
    if (!(unknownIds && e.edited)) extra(mine, 1);
    if (files.length < e.files && unknownIds) continue;
    if (files.length < e.files) wrong.push(`post ${n} has ${files.length} files of ${e.files}`);
    // Of albums that came twice each file is there twice: counted once, as one unknown outcome.
    else if (files.length > e.files && mine.length <= 1 && e.files > 0)
      albums += Math.ceil((files.length - e.files) / e.files);
    const id = mine[0]?.id ?? last;
    if (id < last && !(unknownIds && e.edited)) wrong.push(`post ${n} overtook`);
    if (!(unknownIds && e.edited)) last = id;
  }
  // Where the text's id is unknown, its files answer nothing: they are counted all together.
  const files = [...expected.values()].reduce((sum, e) => (e.removed ? sum : sum + e.files), 0);
  if (all.filter(isFile).length < files) wrong.push("files are lost");
  return { wrong, doubles, albums };
}
