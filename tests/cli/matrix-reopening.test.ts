import { expect, test, vi } from "vitest";
import { reasonOf } from "../../bridge/log/events.ts";
import { AccountName } from "../../bridge/model/ids.ts";
import type { AccountProblem } from "../../cli/matrix/accounts.ts";
import { reopening } from "../../cli/matrix/reopening.ts";
import { noticeText } from "../../cli/notice-words.ts";
import { HandClock } from "../hand-clock.helper.ts";

const settle = () => new Promise((resolve) => setImmediate(resolve));

test("an account whose keys the disk did not give is opened again when it does, and one that wants a login is not", async () => {
  const clock = new HandClock();
  let problems: readonly AccountProblem[] = ["no_session"];
  const renew = vi.fn(async () => {});
  const end = new AbortController();
  const running = reopening({ clock, problems: () => problems, renew }, end.signal);
  const minute = async (): Promise<void> => {
    clock.advance(60_000);
    await settle();
  };
  await minute();
  expect(renew).not.toHaveBeenCalled();
  problems = ["no_session", "store_disk"];
  await minute();
  await minute();
  expect(renew).toHaveBeenCalledTimes(2);
  problems = ["store_in_use"];
  await minute();
  expect(renew).toHaveBeenCalledTimes(3);
  problems = [];
  await minute();
  expect(renew).toHaveBeenCalledTimes(3);
  problems = ["store_disk"];
  end.abort();
  await running;
  expect(renew).toHaveBeenCalledTimes(3);
});

test("a notice of an account that is opened again by itself asks nobody to log in", () => {
  const account = AccountName.parse("campus");
  const said = (reason: string, lang: "ru" | "en") =>
    noticeText(
      { code: "account_out", state: "trouble", account, reason: reasonOf(reason), at: 0, since: 0 },
      lang,
    );
  for (const reason of ["store_disk", "store_in_use"]) {
    expect(said(reason, "en")).toContain("tries again each minute; no login is needed");
    expect(said(reason, "ru")).toContain("пробует снова каждую минуту; входить заново не нужно");
  }
  expect(said("logged_out", "en")).toContain("matrix login campus");
  expect(said("logged_out", "ru")).toContain("matrix login campus");
});
