import { connect, type Socket } from "node:net";
import { isPrivate, socketPlaces } from "./place.ts";
import type { Request } from "./wire.ts";
import { Answer, createLine, encodeLine, parseLine } from "./wire.ts";

/** A connection to the bridge that runs on a data folder; null: none answers. */
export async function connectToBridge(
  dataFolder: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Socket | null> {
  for (const place of socketPlaces(dataFolder, env)) {
    if (!isPrivate(place, dataFolder)) continue;
    const socket = await connected(place.path);
    if (socket !== null) return socket;
  }
  return null;
}

const connected = (path: string): Promise<Socket | null> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once("error", () => resolve(null));
    socket.once("connect", () => resolve(socket));
  });

/** Asks over a connection and closes it. null: no whole answer came within `deadline` ms. */
export function askOver(socket: Socket, request: Request, deadline: number): Promise<Answer | null> {
  const line = createLine();
  return new Promise((resolve) => {
    const end = (answer: Answer | null): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end(null), deadline);
    socket.on("data", (piece) => {
      const found = line.take(piece);
      if (found === null) return;
      end(found === "too_large" ? null : (Answer.safeParse(parseLine(found)).data ?? null));
    });
    socket.on("error", () => end(null));
    socket.once("close", () => end(null));
    socket.write(encodeLine(request));
  });
}
