import { Api as Grammy, InputFile } from "grammy";
import type { Clock } from "../../bridge/model/effects.ts";
import type { Millis } from "../../bridge/model/ids.ts";
import { answerOf } from "./answers.ts";
import type { Answer, Api, Upload } from "./api.ts";
import { wayOut } from "./proxy.ts";

export interface ClientOptions {
  /** Read at each start of a client only, and kept in no object that could be printed. */
  readonly token: () => string;
  /** Address of the Bot API, without a closing slash. */
  readonly root: string;
  /** `socks5://`, `http://` or `https://`; null: none. */
  readonly proxy: string | null;
  /** PEM. */
  readonly ca: string | null;
  readonly deadlines: { readonly call: Millis; readonly file: Millis };
  readonly clock: Clock;
}

export interface Client extends Api {
  close(): void;
}

/** grammY's own time limit, s: ours are on our clock. */
const NEVER = 7 * 86_400;
const ATTACHED = "attach://";
/** grammY takes the signal alone where a method has no parameters. */
const BARE = new Set(["getMe", "getWebhookInfo", "logOut", "close"]);

/** The faults of uploads' own streams, to be told apart from those of the way. */
class Streams {
  fault: { readonly error: unknown } | null = null;
  async *read(upload: Upload): AsyncGenerator<Uint8Array> {
    try {
      yield* upload.open();
    } catch (error) {
      this.fault = { error };
      throw error;
    }
  }
}

/** A payload with its uploads in their places. */
function filled(value: unknown, uploads: ReadonlyMap<string, Upload>, streams: Streams): unknown {
  if (typeof value === "string") {
    const upload = value.startsWith(ATTACHED) ? uploads.get(value.slice(ATTACHED.length)) : undefined;
    return upload === undefined ? value : new InputFile(streams.read(upload), upload.name);
  }
  if (Array.isArray(value)) return value.map((one) => filled(one, uploads, streams));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one, uploads, streams)]));
}

/**
 * The Bot API over grammY. What the outside does is an {@link Answer}; errors of the library, which hold the token and
 * the payload, end here. Nothing is retried. Where a proxy is configured and a call was answered without it, nothing
 * more goes out.
 */
export function createClient(o: ClientOptions): Client {
  const way = wayOut(o);
  const grammy = new Grammy(o.token(), {
    apiRoot: o.root,
    timeoutSeconds: NEVER,
    baseFetchConfig: { agent: way.agent, compress: true, redirect: "error" },
  });
  let astray = false;

  return {
    async call(call, signal): Promise<Answer> {
      if (astray) return { kind: "unreached", code: "proxy_unused" };
      if (signal.aborted) return { kind: "unreached", code: "ended" };
      const method: unknown = Reflect.get(grammy.raw, call.method);
      if (typeof method !== "function") throw new Error("a method that is none");
      const streams = new Streams();
      const payload = filled(call.payload, call.uploads ?? new Map(), streams);
      const usual = call.uploads === undefined ? o.deadlines.call : o.deadlines.file;
      const over = new AbortController();
      const done = new AbortController();
      void o.clock.sleep(call.deadline ?? usual, done.signal).then(() => over.abort());
      try {
        const either = AbortSignal.any([signal, over.signal]);
        const result: unknown = await (BARE.has(call.method) ? method(either) : method(payload, either));
        astray = !way.proven();
        return astray ? { kind: "lost", code: "proxy_unused" } : { kind: "ok", result };
      } catch (error) {
        if (streams.fault !== null) throw streams.fault.error;
        const answer = answerOf(error, o.clock.now());
        if (answer.kind === "refused" || answer.kind === "limited") astray = !way.proven();
        if (answer.kind !== "lost" || !over.signal.aborted) return answer;
        return { kind: "lost", code: "timeout" };
      } finally {
        done.abort();
      }
    },
    close: () => way.close(),
  };
}
