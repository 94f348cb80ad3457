import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { buildReader, READER_LIMIT } from "../../../adapters/web/reader/build.ts";
import { diffWords } from "../../../adapters/web/reader/ui/diff.ts";
import { runsOf, safeLink } from "../../../adapters/web/reader/ui/marks.ts";

const fixture = path.join(import.meta.dirname, "fixture.tsx");

test("two builds give the same bytes, whatever NODE_ENV says, within the limit, the policy first in the head", async () => {
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv("NODE_ENV", "production");
  const one = await buildReader({ entry: fixture });
  vi.stubEnv("NODE_ENV", "development");
  const two = await buildReader({ entry: fixture });
  expect(two).toEqual(one);
  expect(one.gzipBytes).toBeLessThanOrEqual(READER_LIMIT);
  expect(one.html).toMatch(
    /<head>\s*<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'sha256-/,
  );
  expect(one.html).toContain('<meta name="referrer" content="no-referrer">');
});

test("a page above the limit is not built", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "reader-"));
  const noise = Array.from({ length: 40_000 }, (_, i) =>
    Math.sin(i + 1)
      .toString(36)
      .slice(4),
  ).join("");
  const entry = path.join(folder, "large.ts");
  await writeFile(entry, `console.log(${JSON.stringify(noise)});`);
  await expect(buildReader({ entry })).rejects.toThrow("at most 61440");
  await rm(folder, { recursive: true });
});

test("overlapping marks become runs that carry all their kinds", () => {
  const runs = runsOf("abcdef", [
    { m: "strong", s: 0, e: 4 },
    { m: "em", s: 2, e: 6 },
    { m: "code", s: 5, e: 99 },
  ]);
  expect(runs.map((run) => [run.text, run.kinds])).toEqual([
    ["ab", ["strong"]],
    ["cd", ["em", "strong"]],
    ["e", ["em"]],
    ["f", ["code", "em"]],
  ]);
});

test("only https and mail addresses lead anywhere", () => {
  for (const url of [
    "javascript:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "http://example.org/",
    "data:text/html,x",
    "blob:https://example.org/x",
    "https://bank.example@evil.example/",
    "//example.org",
    "",
  ])
    expect(safeLink(url), url).toBeNull();
  expect(safeLink("https://example.org:8443/a?b#c")).toEqual({
    href: "https://example.org:8443/a?b#c",
    where: "example.org:8443",
  });
  expect(safeLink("mailto:a@example.org?body=x")).toEqual({
    href: "mailto:a@example.org",
    where: "a@example.org",
  });
});

test("the difference of two texts, put together again, gives both", () => {
  const was = "Экзамен 18 января, 9:00, ауд. 105.";
  const now = "Экзамен переносится на 20 января, 11:00, ауд. 105.";
  const parts = diffWords(was, now);
  const side = (without: string) =>
    parts
      .filter((part) => part.kind !== without)
      .map((part) => part.text)
      .join("");
  expect(side("come")).toBe(was);
  expect(side("gone")).toBe(now);
  expect(parts.filter((part) => part.kind === "gone").map((part) => part.text.trim())).toEqual([
    "18",
    "9:00",
  ]);
  const long = "слово ".repeat(20_000);
  expect(diffWords(`а ${long}б`, `в ${long.toUpperCase()}г`).length).toBeLessThan(4);
});
