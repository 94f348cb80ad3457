import { execFile } from "node:child_process";

/** Longest wait for `systemd-notify`, which waits for systemd itself, ms. */
const DEADLINE = 10_000;

/**
 * Tells systemd that the bridge runs, where systemd asked to be told (a unit of `Type=notify`): Node has no Unix
 * datagram sockets, so its own program `systemd-notify` does it (`NotifyAccess=all`). False when it could not be
 * told: then systemd will end this process when its `TimeoutStartSec` is over. The program is given nothing of our
 * environment but what it needs: secrets may be there.
 */
export function tellReady(env: Readonly<Record<string, string | undefined>>): Promise<boolean> {
  const { NOTIFY_SOCKET, PATH } = env;
  if (NOTIFY_SOCKET === undefined || NOTIFY_SOCKET === "") return Promise.resolve(true);
  return new Promise((resolve) => {
    execFile(
      "systemd-notify",
      ["--ready"],
      { env: { NOTIFY_SOCKET, ...(PATH === undefined ? {} : { PATH }) }, timeout: DEADLINE },
      (error) => resolve(error === null),
    );
  });
}
