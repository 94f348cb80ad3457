import { spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";

/** MAX's stand-in as a process of its own, so that its memory and its work are not the bridge's. */
export interface BenchMax {
  readonly url: string;
  readonly token: string;
  /** Makes a channel, under an id of its own unless one is given. */
  channel(title: string, chatId?: string): Promise<string>;
  /** Publishes a post with one file of `size` bytes. */
  publishFile(chatId: string, size: number): Promise<void>;
  close(): void;
}

export async function startMax(): Promise<BenchMax> {
  const main = path.resolve(import.meta.dirname, "../simulators/max/main.ts");
  const child = spawn(process.execPath, [main, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  let place: RegExpExecArray | null = null;
  for await (const line of createInterface(child.stdout)) {
    place = /^MAX simulator: (\S+) control: (\S+) token: (\S+)/.exec(line);
    if (place !== null) break;
  }
  const [, url, control, token] = place ?? [];
  if (url === undefined || token === undefined) throw new Error("MAX's stand-in did not start");
  const call = async (operation: string, input: unknown): Promise<unknown> => {
    const answer = await fetch(`${control}/${operation}`, { method: "POST", body: JSON.stringify(input) });
    if (!answer.ok) throw new Error(`${operation}: ${await answer.text()}`);
    return answer.json();
  };
  return {
    url,
    token,
    channel: async (title, chatId) =>
      z.object({ chatId: z.string() }).parse(await call("createChannel", { title, chatId })).chatId,
    async publishFile(chatId, size) {
      const made = await call("addMedia", { generated: { size }, filename: "video.bin" });
      const { mediaId } = z.object({ mediaId: z.string() }).parse(made);
      await call("publish", {
        chatId,
        text: "Запись лекции",
        attachments: [{ type: "file", media: mediaId }],
      });
    },
    close: () => void child.kill(),
  };
}
