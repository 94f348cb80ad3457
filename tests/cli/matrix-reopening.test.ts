import { expect, test, vi } from "vitest";
import type { AccountProblem } from "../../cli/matrix/accounts.ts";
import { reopening } from "../../cli/matrix/reopening.ts";
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
