import { chmodSync, lstatSync, mkdirSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import type { Clock } from "../../bridge/model/effects.ts";
import { bugCode } from "../bug-code.ts";
import type { Handled, Place } from "../operations/operation.ts";
import { isPrivate, type SocketPlace, socketPlaces } from "./place.ts";
import { type Answer, createLine, encodeLine, LARGEST, parseLine, Request } from "./wire.ts";

export interface CommandServerOptions {
  readonly dataFolder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly operations: ReadonlyMap<string, Handled>;
  /** Asked for each request: a reload may have come between. */
  readonly at: () => Place;
  readonly clock: Clock;
}

export interface CommandServer {
  /** Takes no more, and resolves when what was asked is done and answered. */
  close(): Promise<void>;
}

/** A request must be there whole within this time, ms. */
const READ = 10_000;
const CONNECTIONS = 16;

/**
 * Answers commands over a socket that only its owner can open. Called by who holds the run lock: a socket that
 * another bridge left behind is replaced. null: there is no place where it can listen.
 */
export async function serveCommands(o: CommandServerOptions): Promise<CommandServer | null> {
  for (const place of socketPlaces(o.dataFolder, o.env)) {
    const server = await listen(place, o.dataFolder);
    if (server !== null) return answering(server, o);
  }
  return null;
}

async function listen(place: SocketPlace, dataFolder: string): Promise<Server | null> {
  try {
    if (place.folder !== null) {
      mkdirSync(place.folder, { recursive: true, mode: 0o700 });
      // Only its owner can: a folder that somebody else put there stays theirs, and is refused.
      chmodSync(place.folder, 0o700);
      if (!isPrivate(place, dataFolder)) return null;
      if (lstatSync(place.path, { throwIfNoEntry: false })?.isSocket() === true) rmSync(place.path);
    }
    const server = createServer();
    server.maxConnections = CONNECTIONS;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(place.path, () => {
        server.off("error", reject);
        resolve();
      });
    });
    if (place.folder !== null) chmodSync(place.path, 0o600);
    return server;
  } catch {
    // No such file system, no rights, a file in the way: the next place.
    return null;
  }
}

function answering(server: Server, o: CommandServerOptions): CommandServer {
  const closing = new AbortController();
  const running = new Set<Promise<void>>();
  /** What changes something waits for what was asked before it. */
  let before: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(operation: Handled, work: () => Promise<T>): Promise<T> => {
    if (!operation.changes) return work();
    const mine = before.then(work);
    before = mine.catch(() => undefined);
    return mine;
  };

  const answer = async (line: Uint8Array | "too_large"): Promise<Answer> => {
    if (line === "too_large") return { v: 1, ok: false, code: "too_large" };
    const request = Request.safeParse(parseLine(line));
    if (!request.success) return { v: 1, ok: false, code: "bad_request" };
    const operation = o.operations.get(request.data.op);
    if (operation === undefined) return { v: 1, ok: false, code: "unknown_operation" };
    const done = new AbortController();
    const late = o.clock
      .sleep(operation.deadline, done.signal)
      .then((): Answer => ({ v: 1, ok: false, code: "timeout" }));
    try {
      const work = inTurn(operation, () => operation.handle(o.at(), request.data.input)).then(
        (result): Answer =>
          result.ok ? { v: 1, ok: true, output: result.output } : { v: 1, ok: false, code: "bad_request" },
      );
      // Nobody waits any more for what fails after its time was over.
      work.catch(() => undefined);
      return await Promise.race([work, late]);
    } catch (error) {
      return { v: 1, ok: false, code: "internal", bug: bugCode(error).slice(0, 200) };
    } finally {
      done.abort();
    }
  };

  const serve = async (socket: Socket): Promise<void> => {
    const line = await readLine(socket, o.clock, closing.signal);
    if (line === null) return void socket.destroy();
    let bytes = encodeLine(await answer(line));
    if (bytes.length > LARGEST) bytes = encodeLine({ v: 1, ok: false, code: "too_large" });
    const sent = new AbortController();
    await Promise.race([
      new Promise<void>((resolve) => {
        socket.once("close", () => resolve());
        socket.end(bytes, () => resolve());
      }),
      // Who asks and does not take the answer is not waited for.
      o.clock.sleep(READ, sent.signal),
    ]);
    sent.abort();
    socket.destroySoon();
  };

  server.on("connection", (socket) => {
    // Who went away is no fault of ours.
    socket.on("error", () => {});
    const task = serve(socket)
      .catch(() => void socket.destroy())
      .then(() => void running.delete(task));
    running.add(task);
  });
  // A fault of one connection that could not be accepted.
  server.on("error", () => {});

  return {
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      closing.abort();
      await Promise.all(running);
      await closed;
    },
  };
}

/** The request's line; null when it does not come in time, or the server closes first. */
function readLine(
  socket: Socket,
  clock: Clock,
  closing: AbortSignal,
): Promise<Uint8Array | "too_large" | null> {
  const line = createLine();
  const over = new AbortController();
  return new Promise((resolve) => {
    const end = (result: Uint8Array | "too_large" | null): void => {
      over.abort();
      socket.pause();
      socket.removeAllListeners("data");
      resolve(result);
    };
    socket.on("data", (piece) => {
      const found = line.take(piece);
      if (found !== null) end(found);
    });
    socket.once("close", () => end(null));
    closing.addEventListener("abort", () => end(null), { once: true, signal: over.signal });
    void clock.sleep(READ, over.signal).then(() => end(null));
  });
}
