import type { Group, Message } from "./message.ts";

/** The most that one album holds. */
const LARGEST = 10;

/** Messages of one kind of album may be together; null: it stands alone. */
export function albumOf(message: Message): "visual" | "document" | "audio" | null {
  if (message.kind === "text") return null;
  if (message.form === "photo" || message.form === "video") return "visual";
  return message.form === "document" || message.form === "audio" ? message.form : null;
}

/** So many groups, as even as can be: of 11 messages two are 6 and 5. */
function evenly(messages: readonly Message[], groupCount: number): readonly Group[] {
  const groups: Group[] = [];
  let rest = messages;
  for (let left = groupCount; left > 0; left--) {
    const [first, ...others] = rest.slice(0, Math.ceil(rest.length / left));
    if (first !== undefined) groups.push([first, ...others]);
    rest = rest.slice(Math.ceil(rest.length / left));
  }
  return groups;
}

const bytesOf = (group: Group): number =>
  group.reduce((sum, one) => sum + (one.kind === "media" ? one.size : 0), 0);

/** As few groups as can be, none of more than ten or of more than `most` bytes. */
function few(messages: readonly Message[], most: number): readonly Group[] {
  for (let n = Math.ceil(messages.length / LARGEST); ; n++) {
    const groups = evenly(messages, n);
    if (n >= messages.length || groups.every((group) => bytesOf(group) <= most)) return groups;
  }
}

/**
 * Messages in their order, those together that follow one another and may be an album. `most`: what one request may
 * carry, bytes; a message that is larger stands alone.
 */
export function grouped(messages: readonly Message[], most: number): readonly Group[] {
  const groups: Group[] = [];
  let run: Message[] = [];
  const close = (): void => {
    groups.push(...few(run, most));
    run = [];
  };
  for (const message of messages) {
    const [last] = run;
    const album = albumOf(message);
    if (last !== undefined && (album === null || albumOf(last) !== album)) close();
    run.push(message);
    if (album === null) close();
  }
  close();
  return groups;
}
