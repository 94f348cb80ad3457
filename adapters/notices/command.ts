import { spawn } from "node:child_process";
import type { Notice, NoticeRoute } from "../../bridge/notices/port.ts";

export interface CommandRouteOptions {
  /** The program and its arguments. No shell is between. */
  readonly command: readonly [string, ...string[]];
  /** The bridge's environment: of it the program gets only what it needs to run, no secrets. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const PASSED_ON = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SystemRoot"];

/** What a notice says, as variables that a program or script reads. */
function variables(notice: Notice): Readonly<Record<string, string>> {
  const { code, state, source, room, account, bot, route, reason, count } = notice;
  const given = {
    code,
    state,
    source,
    room,
    account,
    bot,
    route,
    reason,
    count,
    at: new Date(notice.at).toISOString(),
  };
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      value === undefined ? [] : [[`POSTERN_NOTICE_${name.toUpperCase()}`, String(value)]],
    ),
  );
}

/**
 * Hands each notice to a program of the rep's: its words on stdin, its codes in the environment. It arrived when the
 * program ends with 0. Nothing that it prints is kept.
 */
export function commandRoute(o: CommandRouteOptions): NoticeRoute {
  const [file, ...args] = o.command;
  const passed = Object.fromEntries(
    PASSED_ON.flatMap((name) => (o.env[name] === undefined ? [] : [[name, o.env[name]]])),
  );
  return {
    name: "command",
    send: (notice, text, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve(false);
        // In a group of its own, so that what it started ends with it, and Ctrl-C in a terminal is not its.
        const own = process.platform !== "win32";
        const child = spawn(file, args, {
          env: { ...passed, ...variables(notice) },
          stdio: ["pipe", "ignore", "ignore"],
          detached: own,
          windowsHide: true,
        });
        const stop = (): void => {
          const { pid } = child;
          if (pid === undefined) return;
          try {
            process.kill(own ? -pid : pid, "SIGKILL");
          } catch {
            // It ended by itself.
          }
        };
        signal.addEventListener("abort", stop, { once: true });
        const end = (arrived: boolean): void => {
          signal.removeEventListener("abort", stop);
          resolve(arrived);
        };
        child.once("error", () => end(false));
        child.once("close", (code) => end(code === 0));
        // A program need not read what it is told.
        child.stdin.on("error", () => {});
        child.stdin.end(`${text}\n`);
      }),
  };
}
