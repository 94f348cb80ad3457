import { createServer } from "node:http";
import { onTestFinished } from "vitest";
import { createMaxBotSource, type MaxBotOptions } from "../../adapters/max-bot/source.ts";
import type { Clock, Random } from "../../bridge/model/effects.ts";
import { ChannelId, type Cursor, SourceName } from "../../bridge/model/ids.ts";
import type { Source, SourceEvent, SourceSignal } from "../../bridge/model/source.ts";
import { type StartOptions, startMaxSimulator } from "../../simulators/max/server.ts";
import { HandClock } from "../hand-clock.helper.ts";

export const DAY = 86_400_000;

/** No chance at all: pauses have no jitter. */
export const noChance: Random = { next: () => 0, bytes: (n) => new Uint8Array(n) };

/** How long the source waits for an answer; these end only when a test moves the clock by hand. */
const deadlines = new Set([20_000, 30_000, 50_000]);

/** A clock that stands still, but for the pauses a source makes between its questions: a test may skip those. */
export class PatientClock extends HandClock {
  readonly #pauses = new Set<number>();
  /** Every pause made so far, ms. */
  readonly made: number[] = [];

  /** The clock as a source is given it. */
  readonly forSource: Clock = {
    now: () => this.now(),
    sleep: async (ms, signal) => {
      if (deadlines.has(ms)) return this.sleep(ms, signal);
      const until = this.now() + ms;
      this.made.push(ms);
      this.#pauses.add(until);
      await this.sleep(ms, signal);
      this.#pauses.delete(until);
    },
  };

  /** Ends the pause that ends first, if any. */
  skip(): void {
    const first = Math.min(...this.#pauses);
    if (Number.isFinite(first)) this.advance(Math.max(0, first - this.now()));
  }
}

const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 1));

/** Skips pauses until `reached` holds. */
export async function until(clock: PatientClock, reached: () => boolean): Promise<void> {
  for (;;) {
    await turn();
    if (reached()) return;
    clock.skip();
  }
}

/** What a source tells from a cursor on. Ends with the test. */
export function follow(source: Source, cursor: Cursor | null = null) {
  const stop = new AbortController();
  const said: SourceSignal[] = [];
  let over = false;
  const ended = (async () => {
    for await (const signal of source.events(cursor, stop.signal)) said.push(signal);
    over = true;
  })();
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  const batches = () => said.flatMap((s) => (s.kind === "batch" ? [s] : []));
  const events = (): readonly SourceEvent[] => batches().flatMap((b) => b.events);
  const of = <T extends SourceEvent["type"]>(...types: readonly T[]) =>
    events().flatMap((e) => (types.some((t) => t === e.type) ? [e] : []));
  return {
    said,
    batches,
    events,
    /** The texts of what was told so. */
    texts: (...types: readonly ("posted" | "edited" | "snapshot")[]) =>
      of(...types).flatMap((e) => ("post" in e ? [e.post.body.text] : [])),
    troubles: () => said.flatMap((s) => (s.kind === "trouble" ? [s.code] : [])),
    cursor: (): Cursor | null => batches().at(-1)?.cursor ?? null,
    over: () => over,
    async stop() {
      stop.abort();
      await ended;
    },
  };
}

export const channelPlan = (
  chatId: string,
  backfill: MaxBotOptions["channels"][number]["backfill"] = { kind: "none" },
) => ({ channel: ChannelId.parse(chatId), backfill }) as const;

/** A simulated MAX with one channel and the sources that read it, all on one clock. */
export async function maxWorld(options: Partial<StartOptions> = {}) {
  const clock = new PatientClock();
  const max = await startMaxSimulator({ port: 0, clock, ...options });
  onTestFinished(() => max.close());
  const { control } = max;
  const { chatId } = control.createChannel({ title: "Расписание", announce: false });
  const source = (over: Partial<MaxBotOptions> = {}): Source =>
    createMaxBotSource({
      name: SourceName.parse("faculty"),
      token: max.token,
      baseUrl: max.url,
      ca: null,
      proxy: null,
      channels: [channelPlan(chatId)],
      reach: 7 * DAY,
      clock: clock.forSource,
      random: noChance,
      ...over,
    });
  const publish = (text: string) => control.publish({ chatId, text }).mid;
  /** Follows and waits until the present was taken as the baseline and a poll is held. */
  const started = async (over: Partial<MaxBotOptions> = {}, cursor: Cursor | null = null) => {
    const followed = follow(source(over), cursor);
    await until(clock, () => control.stats().updates.waiting > 0);
    clock.advance(1000);
    return followed;
  };
  return {
    clock,
    max,
    control,
    chatId,
    channel: ChannelId.parse(chatId),
    source,
    publish,
    started,
    /** The same MAX at another address, where each question is changed by `by` first. */
    through: (by: (path: string) => string) =>
      stub(async (url) => {
        const headers = { authorization: max.token };
        const answer = await fetch(max.url + by(url.pathname + url.search), { headers });
        return { status: answer.status, text: await answer.text() };
      }),
    until: (reached: () => boolean) => until(clock, reached),
  };
}

interface Stubbed {
  readonly status?: number;
  readonly text: string;
}

/** A server that answers each path with what `answer` says: for what the simulator cannot be made to say. */
export async function stub(answer: (url: URL) => Stubbed | Promise<Stubbed>) {
  const asked: URL[] = [];
  const tokens: (string | undefined)[] = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://stub");
    asked.push(url);
    tokens.push(request.headers.authorization);
    const { status = 200, text } = await answer(url);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, asked, tokens };
}
