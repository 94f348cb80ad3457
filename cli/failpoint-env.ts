import {
  type Failpoints,
  failpointNames,
  messengerFailpointNames,
  noFailpoints,
} from "../bridge/failpoint.ts";

/**
 * For tests of crashes: POSTERN_FAILPOINT="name" or "name:N" kills this process with SIGKILL when it comes to the
 * named place for the N-th time. Unset, or not one of the names: nothing.
 */
export function failpointsFrom(env: Readonly<Record<string, string | undefined>>): Failpoints {
  const [wanted, nth] = (env.POSTERN_FAILPOINT ?? "").split(":");
  if (![...failpointNames, ...messengerFailpointNames].some((name) => name === wanted)) return noFailpoints;
  let left = Number(nth ?? "1") || 1;
  return (name) => {
    if (name !== wanted || --left > 0) return;
    process.kill(process.pid, "SIGKILL");
    // The signal is on its way: nothing more may happen before it arrives.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  };
}
