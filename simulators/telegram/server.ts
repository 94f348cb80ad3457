import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { readBody } from "./body.ts";
import type { SimulatorClock } from "./clock.ts";
import { type Control, createControl, createOperations } from "./control.ts";
import { createControlHttp } from "./control-http.ts";
import { refusedWith } from "./reply.ts";
import { reset, respond, sendJson, sendText } from "./respond.ts";
import type { Settings } from "./settings.ts";
import { Telegram } from "./telegram.ts";
import { createView } from "./view/serve.ts";

export interface StartOptions {
  /** 0 (default): one that is free. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default: the system's. */
  readonly clock?: SimulatorClock;
  readonly settings?: Partial<Settings>;
  /** Of the first bot. Default: one is made up. */
  readonly token?: string;
  /** Default: a new one. A world that is there already may be served. */
  readonly telegram?: Telegram;
}

export interface RunningTelegram {
  /** Base URL of the Bot API (`api_root`), without a slash at the end. */
  readonly url: string;
  /** The first bot. */
  readonly token: string;
  readonly bot: { readonly id: number; readonly username: string };
  readonly control: Control;
  readonly telegram: Telegram;
  /** Stops listening (connections are refused), or listens again on the same port. */
  listening(on: boolean): Promise<void>;
  /** Cuts every connection, hanging ones too, and frees the port. */
  close(): Promise<void>;
}

/** Starts a simulated Telegram with one bot. Rejects where the port cannot be had. */
export async function startTelegramSimulator(options: StartOptions = {}): Promise<RunningTelegram> {
  const host = options.host ?? "127.0.0.1";
  const { clock, settings } = options;
  const telegram = options.telegram ?? new Telegram({ clock, settings });
  const control = createControl(telegram);
  const first = [...telegram.world.bots.values()][0];
  const bot =
    first === undefined
      ? control.createBot(options.token === undefined ? {} : { token: options.token })
      : { id: first.user.id, token: first.token, username: first.user.username ?? "" };
  const closing = new AbortController();
  const server = createServer(createHandler(telegram, closing.signal));
  server.requestTimeout = 0;
  server.keepAliveTimeout = 60_000;
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => {
        server.off("error", reject);
        resolve();
      });
    });
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  await listen(options.port ?? 0);
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : (options.port ?? 0);
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    token: bot.token,
    bot: { id: bot.id, username: bot.username },
    control,
    telegram,
    listening: (on) => {
      if (on === server.listening) return Promise.resolve();
      return on ? listen(port) : stop();
    },
    close: () => {
      closing.abort();
      return stop();
    },
  };
}

function createHandler(telegram: Telegram, closing: AbortSignal) {
  const control = createControlHttp(createOperations(telegram));
  const view = createView(telegram);

  const api = async (o: {
    request: IncomingMessage;
    response: ServerResponse;
    target: URL;
    token: string;
    name: string;
    signal: AbortSignal;
  }): Promise<void> => {
    const { request, response, target, token, name, signal } = o;
    const note = telegram.journal.reading();
    note.chunk(Buffer.from(`${request.method} ${name}${target.search}\n`));
    const asked = await readBody(telegram, request, target.searchParams, note.chunk);
    if (signal.aborted) return;
    if (asked.kind === "tooLarge")
      return respond(response, refusedWith(413, "Request Entity Too Large"), telegram.clock, signal);
    if (asked.kind === "malformed")
      return respond(
        response,
        refusedWith(400, "Bad Request: can't parse the request"),
        telegram.clock,
        signal,
      );
    const reply =
      name.toLowerCase() === "getupdates"
        ? await telegram.poll(token, asked.payload, signal)
        : telegram.handle(token, name, asked.payload, asked.files);
    await respond(response, reply, telegram.clock, signal);
  };

  const serve = async (
    request: IncomingMessage,
    response: ServerResponse,
    signal: AbortSignal,
  ): Promise<void> => {
    const target = new URL(request.url ?? "/", "http://simulator");
    const { pathname } = target;
    const called = /^\/bot([^/]+)\/([A-Za-z]+)\/?$/.exec(pathname);
    if (called !== null)
      return api({
        request,
        response,
        target,
        token: decodeURIComponent(called[1] ?? ""),
        name: called[2] ?? "",
        signal,
      });
    const file = /^\/file\/bot([^/]+)\/(.+)$/.exec(pathname);
    if (file !== null) {
      const known = telegram.botOf(decodeURIComponent(file[1] ?? ""));
      const bytes = telegram.world.files.at(file[2] ?? "")?.bytes ?? null;
      if (known === undefined)
        return sendJson(response, 401, { ok: false, error_code: 401, description: "Unauthorized" });
      if (bytes === null)
        return sendJson(response, 404, { ok: false, error_code: 404, description: "Not Found" });
      return sendText(response, 200, bytes, { "content-type": "application/octet-stream" });
    }
    if (pathname.startsWith("/control/")) {
      const body = await textOf(request);
      const asked = { method: request.method ?? "GET", query: target.searchParams, body };
      const answer = control(pathname.slice("/control/".length), asked);
      return sendText(response, answer.status, JSON.stringify(answer.body), {
        "content-type": "application/json",
      });
    }
    const seen = request.method === "GET" ? view(pathname) : null;
    if (seen !== null) return sendText(response, seen.status, seen.body, seen.headers);
    sendJson(response, 404, { ok: false, error_code: 404, description: "Not Found" });
  };

  return (request: IncomingMessage, response: ServerResponse): void => {
    const gone = new AbortController();
    const stop = () => gone.abort();
    response.once("close", stop);
    if (closing.aborted) stop();
    closing.addEventListener("abort", stop, { once: true, signal: gone.signal });
    serve(request, response, gone.signal).catch((reason: unknown) => {
      // A client that is gone is no fault of ours; anything else is a bug and must be seen.
      if (gone.signal.aborted) return;
      console.error(reason);
      reset(response);
    });
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
