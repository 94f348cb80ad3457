import { expect, onTestFinished, test, vi } from "vitest";
import { systemClock } from "../../bridge/clock.ts";
import { clockFrom } from "../../cli/clock-env.ts";

function machineTime() {
  vi.useFakeTimers({ now: 1_764_000_000_000 });
  onTestFinished(() => void vi.useRealTimers());
}

test("with the setting for tests time runs so many times as fast, and sleeps are as much shorter", async () => {
  machineTime();
  const clock = clockFrom({ POSTERN_TEST_SPEED: "30" });
  const begun = clock.now();
  expect(begun).toBe(Date.now());
  let slept = false;
  void clock.sleep(60_000).then(() => {
    slept = true;
  });
  await vi.advanceTimersByTimeAsync(1_999);
  expect(slept).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(slept).toBe(true);
  expect(clock.now() - begun).toBe(60_000);
});

test("processes that count from the same moment agree on the time", async () => {
  machineTime();
  const setting = { POSTERN_TEST_SPEED: `30@${Date.now() - 1000}` };
  const first = clockFrom(setting);
  await vi.advanceTimersByTimeAsync(500);
  expect(clockFrom(setting).now()).toBe(first.now());
  expect(first.now() - Date.now()).toBe(1500 * 29);
});

test.each([undefined, "", "0", "fast", "30@", "-2", "1e3"])(
  "without it, or with nonsense (%s), it is the machine's",
  (value) => {
    expect(clockFrom({ POSTERN_TEST_SPEED: value })).toBe(systemClock);
  },
);
