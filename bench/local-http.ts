import { spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { fetch } from "undici";

/** The bench's HTTP server, and connections to it that are kept open. */
export interface LocalHttp {
  readonly url: string;
  /** Posts a body (a stream is sent as it comes); whether it was taken. */
  post(place: string, body: Uint8Array | AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<boolean>;
  close(): void;
}

/** Starts the server as a process and connects to it. */
export async function startLocalHttp(): Promise<LocalHttp> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "http-server.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = new Promise<never>((_, reject) => {
    child.once("exit", () => reject(new Error("the bench's HTTP server ended")));
  });
  ended.catch(() => undefined);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const line = await Promise.race([lines.next(), ended]);
  const port = /^port (\d+)$/.exec(String(line.value))?.[1] ?? "";
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    async post(place, body, signal) {
      const answer = await fetch(`${url}/${place}`, {
        method: "POST",
        body,
        duplex: "half",
        ...(signal === undefined ? {} : { signal }),
      });
      await answer.arrayBuffer();
      return answer.status === 204;
    },
    close() {
      child.stdin.end();
      child.kill();
    },
  };
}
