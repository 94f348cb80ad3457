import { fastClock, systemClock } from "../bridge/clock.ts";
import type { Clock } from "../bridge/model/effects.ts";

/**
 * For tests of long waits: POSTERN_TEST_SPEED="30" lets this process live 30 times as fast, from its start on;
 * "30@1764000000000" from that moment on (ms UTC), so that processes after one another agree on the time. Unset, or
 * nothing of the kind: the machine's own clock.
 */
export function clockFrom(env: Readonly<Record<string, string | undefined>>): Clock {
  const [, speed, since] = /^([1-9]\d{0,3})(?:@(\d{1,15}))?$/.exec(env.POSTERN_TEST_SPEED ?? "") ?? [];
  if (speed === undefined) return systemClock;
  return fastClock(Number(speed), since === undefined ? systemClock.now() : Number(since));
}
