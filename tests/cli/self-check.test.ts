import { expect, test } from "vitest";
import { ChannelId, SourceName } from "../../bridge/model/ids.ts";
import type { CheckFinding, Source } from "../../bridge/model/source.ts";
import { runWords } from "../../cli/run-words.ts";
import { selfCheck } from "../../cli/self-check.ts";
import { wordsOf } from "../../cli/texts/index.ts";

const CHANNEL = ChannelId.parse("-100");

/** A source of which only the self-check is asked. */
const source = (name: string, check: (signal: AbortSignal) => Promise<readonly CheckFinding[]>): Source => ({
  name: SourceName.parse(name),
  events: () => expect.unreachable("only the check is asked for"),
  media: () => expect.unreachable("only the check is asked for"),
  gone: () => expect.unreachable("only the check is asked for"),
  check,
});

async function told(
  lang: "ru" | "en",
  sources: readonly Source[],
  signal: AbortSignal = new AbortController().signal,
): Promise<readonly string[]> {
  const lines: string[] = [];
  await selfCheck(sources, {
    say: runWords(lang),
    words: wordsOf(lang),
    tell: (text) => lines.push(text),
    signal,
  });
  return lines;
}

test("what keeps announcements from coming is told in plain words, and nothing of what is well", async () => {
  const findings: readonly CheckFinding[] = [
    { ok: true, code: "token_accepted" },
    { ok: true, code: "channel_readable", channel: ChannelId.parse("-101") },
    { ok: false, code: "lacks_read_all_messages", channel: CHANNEL },
  ];
  const sources = [source("faculty", async () => findings), source("well", async () => findings.slice(0, 2))];
  expect(await told("ru", sources)).toEqual([
    expect.stringMatching(
      /^faculty: канал -100: бот администратор, но без права читать все сообщения.+Пока это не исправлено, объявления оттуда не приходят/u,
    ),
  ]);
  expect(await told("en", sources)).toEqual([
    expect.stringMatching(/^faculty: channel -100: .+announcements from there do not come\. .+check$/u),
  ]);
});

test("a refused token is told by the source that stops, not twice", async () => {
  expect(await told("en", [source("faculty", async () => [{ ok: false, code: "token_refused" }])])).toEqual(
    [],
  );
});

test("a source whose check breaks is told of, and keeps nothing from the others", async () => {
  const lines = await told("en", [
    source("broken", () => Promise.reject(new Error("secret text"))),
    source("faculty", async () => [{ ok: false, code: "not_admin", channel: CHANNEL }]),
  ]);
  expect(lines).toHaveLength(2);
  expect(lines.join("\n")).not.toContain("secret text");
});

test("when the bridge is stopped meanwhile nothing more is said", async () => {
  const end = new AbortController();
  const hanging = source("faculty", () => {
    end.abort();
    return new Promise(() => {});
  });
  expect(await told("en", [hanging], end.signal)).toEqual([]);
});
