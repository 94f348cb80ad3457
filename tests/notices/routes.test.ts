import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { commandRoute } from "../../adapters/notices/command.ts";
import { webhookRoute } from "../../adapters/notices/webhook.ts";
import { BotName, RoomName } from "../../bridge/model/ids.ts";
import type { Notice } from "../../bridge/notices/port.ts";
import { soon } from "../core.helper.ts";

const never = new AbortController().signal;
const notice: Notice = {
  code: "dead_letters",
  state: "trouble",
  room: RoomName.parse("faculty"),
  count: 3,
  since: Date.UTC(2026, 10, 2, 9),
  at: Date.UTC(2026, 10, 2, 10),
};

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), "postern-notices-"));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** A program in a folder of its own, run by this Node. */
async function program(
  code: string,
): Promise<{ readonly command: readonly [string, string]; readonly out: string }> {
  const own = await folder();
  const out = path.join(own, "out");
  const file = path.join(own, "told.mjs");
  await writeFile(
    file,
    `import { readFileSync, writeFileSync } from "node:fs"; const out = ${JSON.stringify(out)}; ${code}`,
  );
  return { command: [process.execPath, file], out };
}

test("a command gets the words on stdin and the codes in its environment, and nothing else of ours", async () => {
  const { command, out } = await program(
    'writeFileSync(out, JSON.stringify({ text: readFileSync(0, "utf8"), env: process.env, args: process.argv.slice(2) }));',
  );
  const route = commandRoute({
    command: [...command, "$HOME; `id` && *"],
    env: { PATH: process.env.PATH, POSTERN_VAULT_KEY: "secret-key", POSTERN_FACULTY_TOKEN: "secret-token" },
  });
  expect(await route.send(notice, "Комната не приняла", never)).toBe(true);
  const told: { text: string; env: Record<string, string>; args: string[] } = JSON.parse(
    readFileSync(out, "utf8"),
  );
  expect(told.text).toBe("Комната не приняла\n");
  // No shell looked at it.
  expect(told.args).toEqual(["$HOME; `id` && *"]);
  const own = Object.entries(told.env).filter(([name]) => name.startsWith("POSTERN"));
  expect(Object.fromEntries(own)).toEqual({
    POSTERN_NOTICE_CODE: "dead_letters",
    POSTERN_NOTICE_STATE: "trouble",
    POSTERN_NOTICE_ROOM: "faculty",
    POSTERN_NOTICE_COUNT: "3",
    POSTERN_NOTICE_AT: "2026-11-02T10:00:00.000Z",
  });
});

test("a command is told which bot it is about", async () => {
  const { command, out } = await program("writeFileSync(out, process.env.POSTERN_NOTICE_BOT);");
  const route = commandRoute({ command, env: { PATH: process.env.PATH } });
  const about = {
    code: "bot_out",
    state: "trouble",
    bot: BotName.parse("campus"),
    at: notice.at,
    since: notice.since,
  } as const;
  expect(await route.send(about, "", never)).toBe(true);
  expect(readFileSync(out, "utf8")).toBe("campus");
});

test("a command that fails, is not there, or does not read what it is told", async () => {
  const send = async (code: string): Promise<boolean> => {
    const { command } = await program(code);
    return commandRoute({ command, env: {} }).send(notice, "x".repeat(1_000_000), never);
  };
  expect(await send("process.exit(1)")).toBe(false);
  expect(await send("process.exit(0)")).toBe(true);
  expect(await send("process.kill(process.pid, 'SIGKILL')")).toBe(false);
  const missing = commandRoute({ command: ["/nowhere/at-all"], env: {} });
  expect(await missing.send(notice, "текст", never)).toBe(false);
});

test("a command that hangs is ended with all that it started", async () => {
  const { command, out } = await program(
    'const { spawn } = await import("node:child_process"); const own = spawn(process.execPath, ["-e", "setTimeout(() => {}, 1e8)"], { stdio: "ignore" }); writeFileSync(out, String(own.pid)); setInterval(() => {}, 1e8);',
  );
  const stop = new AbortController();
  const sent = commandRoute({ command, env: {} }).send(notice, "текст", stop.signal);
  await soon(() => expect(existsSync(out) && readFileSync(out, "utf8")).toBeTruthy());
  stop.abort();
  expect(await sent).toBe(false);
  const pid = Number(readFileSync(out, "utf8"));
  await soon(() => expect(() => process.kill(pid, 0)).toThrow());
});

async function server(status: number, headers: Record<string, string> = {}) {
  const got: { body: string; headers: IncomingHttpHeaders; url: string }[] = [];
  const http = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (piece: string) => {
      body += piece;
    });
    request.on("end", () => {
      got.push({ body, headers: request.headers, url: request.url ?? "" });
      response.writeHead(status, headers).end("x".repeat(200_000));
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void http.close());
  const address = http.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/hook?key=1`, got };
}

test("a webhook gets words and codes as JSON, with the secret in its header", async () => {
  const { url, got } = await server(204);
  expect(await webhookRoute({ url, secret: "of-the-rep" }).send(notice, "Комната не приняла", never)).toBe(
    true,
  );
  expect(got[0]?.headers.authorization).toBe("Bearer of-the-rep");
  expect(got[0]?.url).toBe("/hook?key=1");
  expect(JSON.parse(got[0]?.body ?? "")).toEqual({
    text: "Комната не приняла",
    code: "dead_letters",
    state: "trouble",
    room: "faculty",
    count: 3,
    since: "2026-11-02T09:00:00.000Z",
    at: "2026-11-02T10:00:00.000Z",
  });
  await webhookRoute({ url, secret: null }).send(notice, "x", never);
  expect(got[1]?.headers.authorization).toBeUndefined();
});

test("a webhook that refuses, redirects or is not there has not taken the notice", async () => {
  const elsewhere = await server(200);
  for (const [status, headers] of [
    [500, {}],
    [403, {}],
    [302, { location: elsewhere.url }],
  ] as const) {
    const { url } = await server(status, headers);
    expect(await webhookRoute({ url, secret: "s" }).send(notice, "x", never)).toBe(false);
  }
  // The secret went nowhere else.
  expect(elsewhere.got).toEqual([]);
  expect(await webhookRoute({ url: "http://127.0.0.1:1/", secret: null }).send(notice, "x", never)).toBe(
    false,
  );
});
