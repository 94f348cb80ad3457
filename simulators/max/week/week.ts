import { readFileSync } from "node:fs";
import path from "node:path";
import type { SimulatorClock } from "../clock.ts";
import type { RunningMax } from "../server.ts";
import { pdfOf } from "./pdf.ts";
import { backlog, type Content, later, liveliest, type Step, type WeekMedia } from "./posts.ts";
import { write } from "./rich.ts";

/** The channel of the week, and what a bridge needs to read it. */
export interface DemoChannel {
  readonly chatId: string;
  readonly token: string;
  readonly title: string;
}

export interface WeekOptions {
  readonly max: RunningMax;
  readonly channel: DemoChannel;
  readonly clock: SimulatorClock;
  readonly signal: AbortSignal;
  /** How many ms the week's second lasts; default 1000. Tests make it shorter. */
  readonly second?: number;
}

const title = "Факультет: объявления";

/** Makes the channel, with the posts of the days before. No update tells of these: they are its history. */
export function demoChannel(max: RunningMax): DemoChannel {
  const { control } = max;
  const { chatId } = control.createChannel({ title, participants: 240 });
  for (const { at, pieces } of backlog(control.setClock({}).now))
    control.publish({ chatId, ...write(...pieces), at, silent: true });
  return { chatId, token: max.token, title };
}

/**
 * Plays the week: within a minute exam dates, a moved class, a photo, a PDF, an edit that moves an exam, a removal;
 * then a post every half minute to minute, until `signal` aborts. Never rejects because of it.
 */
export async function playWeek(o: WeekOptions): Promise<void> {
  const { clock, signal, second = 1000 } = o;
  const play = createPlayer(o);
  const began = clock.now();
  for (const step of liveliest(began, play.media)) {
    await clock.sleep(began + step.second * second - clock.now(), signal);
    if (signal.aborted) return;
    play.step(step);
  }
  const pauses = [35, 50, 40, 60, 30, 45];
  for (let n = 0; ; n++) {
    await clock.sleep((pauses[n % pauses.length] ?? 45) * second, signal);
    if (signal.aborted) return;
    const content = later[n % later.length]?.(clock.now(), play.media);
    if (content !== undefined) play.publish(content);
  }
}

function createPlayer({ max, channel }: WeekOptions) {
  const { control } = max;
  const { chatId } = channel;
  const read = (name: string): Uint8Array => readFileSync(path.join(import.meta.dirname, name));
  const picture = (name: string): string =>
    control.addMedia({ bytes: read(name), contentType: "image/png", filename: name }).mediaId;
  const media: WeekMedia = {
    timetable: picture("timetable.png"),
    plan: picture("plan.png"),
    questions: control.addMedia({
      bytes: pdfOf(read("questions.png")),
      contentType: "application/pdf",
      filename: "questions.pdf",
    }).mediaId,
  };
  const mids = new Map<string, string>();

  const publish = ({ pieces, attachments, replyTo, forward }: Content): string =>
    control.publish({
      chatId,
      ...write(...pieces),
      ...(attachments === undefined ? {} : { attachments: [...attachments] }),
      ...(replyTo === undefined ? {} : { replyTo: midOf(replyTo) }),
      ...(forward === undefined ? {} : { forward: write(...forward) }),
    }).mid;

  const midOf = (name: string): string => {
    const mid = mids.get(name);
    if (mid === undefined) throw new Error(`the week names a post before it is published: ${name}`);
    return mid;
  };

  return {
    media,
    publish,
    step(step: Step): void {
      if (step.kind === "post") mids.set(step.name, publish(step.content));
      else if (step.kind === "edit") control.edit({ mid: midOf(step.name), ...write(...step.pieces) });
      else control.remove({ mid: midOf(step.name) });
    },
  };
}
