import type { Group, Message } from "./message.ts";

/** The most that one album holds. */
const LARGEST = 10;

/** Messages of one kind of album may be together; null: it stands alone. */
export function albumOf(message: Message): "visual" | "document" | "audio" | null {
  if (message.kind === "text") return null;
  if (message.form === "photo" || message.form === "video") return "visual";
  return message.form === "document" || message.form === "audio" ? message.form : null;
}

/** As many groups as are needed, as even as can be: 11 are 6 and 5. */
function evenly(messages: readonly Message[]): readonly Group[] {
  const groups: Group[] = [];
  let rest = messages;
  for (let left = Math.ceil(messages.length / LARGEST); left > 0; left--) {
    const [first, ...others] = rest.slice(0, Math.ceil(rest.length / left));
    if (first !== undefined) groups.push([first, ...others]);
    rest = rest.slice(Math.ceil(rest.length / left));
  }
  return groups;
}

/** Messages in their order, those that follow one another and may be an album together. */
export function grouped(messages: readonly Message[]): readonly Group[] {
  const groups: Group[] = [];
  let run: Message[] = [];
  const close = (): void => {
    groups.push(...evenly(run));
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
