import { expect, test } from "vitest";
import { readListen, readOrigin, readUrl } from "../../config/addresses.ts";
import { midnight, readDuration, readRange, readSize, readTime } from "../../config/human.ts";
import { langOf, writtenLang } from "../../config/lang.ts";
import { nearest } from "../../config/nearest.ts";

test("sizes, durations and times are read as people write them, and nothing else is", () => {
  expect(["98 MB", "1.5 GiB", "800 КБ", "1,5 мб", "5"].map(readSize)).toEqual([
    98_000_000,
    1_610_612_736,
    800_000,
    1_500_000,
    null,
  ]);
  expect(["0", "5m", "1h 30m", "7d", "5 мин", "5", "m", "5 parsecs"].map(readDuration)).toEqual([
    0,
    300_000,
    5_400_000,
    604_800_000,
    300_000,
    null,
    null,
    null,
  ]);
  expect(["8:00", "23:59", "24:00", "8", "08:60"].map(readTime)).toEqual([480, 1439, null, null, null]);
  expect(readRange("23:00–07:00")).toEqual({ from: 1380, to: 420 });
  expect(["07:00", "07:00-07:00", "1-2", "01:00-02:00-03:00"].map(readRange)).toEqual([
    null,
    null,
    null,
    null,
  ]);
});

test("midnight is that of the place, also on the days when its clocks are moved", () => {
  expect(midnight("2026-09-01", "Europe/Moscow")).toBe(Date.UTC(2026, 7, 31, 21));
  expect(midnight("2026-03-29", "Europe/Berlin")).toBe(Date.UTC(2026, 2, 28, 23));
  expect(midnight("2026-03-30", "Europe/Berlin")).toBe(Date.UTC(2026, 2, 29, 22));
  expect(midnight("2026-10-25", "Europe/Berlin")).toBe(Date.UTC(2026, 9, 24, 22));
});

test("addresses that a browser could not open, or that carry more than an address, are none", () => {
  expect(readUrl("https://feed.example.org/")).toBe("https://feed.example.org");
  expect(readUrl("http://127.0.0.1:80/x/")).toBe("http://127.0.0.1/x");
  for (const wrong of [
    "http://example.org",
    "https://u:p@example.org",
    "https://example.org/?q",
    "example.org",
  ])
    expect(readUrl(wrong), wrong).toBeNull();
  expect(["https://a.example/x", "a.example/x", "http://localhost:1", "127.0.0.1:1"].map(readOrigin)).toEqual(
    ["a.example/x", "a.example/x", "localhost:1", "127.0.0.1:1"],
  );
  for (const wrong of ["https://localhost", "http://a.example", "a b", "/x", "a.example,b.example"])
    expect(readOrigin(wrong), wrong).toBeNull();
  expect(["[::1]:1", "0.0.0.0:80", "off", "80", "a:99999"].map(readListen)).toEqual([
    { host: "::1", port: 1 },
    { host: "0.0.0.0", port: 80 },
    null,
    undefined,
    undefined,
  ]);
});

test("a guess is close, or there is none", () => {
  const known = ["token_file", "type", "base_url", "reach"];
  expect(["tokn_file", "tokenFile", "TYPE", "tpye", "zzzz"].map((word) => nearest(word, known))).toEqual([
    "token_file",
    "token_file",
    "type",
    "type",
    null,
  ]);
});

test("the language is found in settings that are broken elsewhere, and in the environment", () => {
  expect(writtenLang("version: [\nlang: ru # русский\n")).toBe("ru");
  expect(writtenLang('lang: "en"\n')).toBe("en");
  expect(writtenLang("  lang: ru\n#lang: en\nlang: de\n")).toBeNull();
  expect(langOf({ LANG: "ru_RU.UTF-8" })).toBe("ru");
  expect(langOf({ LANG: "ru_RU.UTF-8", LC_MESSAGES: "en_GB" })).toBe("en");
  expect(langOf({ LANG: "run" })).toBe("en");
  expect(langOf({})).toBe("en");
});
