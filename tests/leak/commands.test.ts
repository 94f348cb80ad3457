import { writeFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { atomically } from "../../bridge/store/db.ts";
import { openCore } from "../../cli/core.ts";
import { postern } from "../../cli/program.ts";
import { loadConfig } from "../../config/load.ts";
import { fakeIo, place, TOKEN, VAULT_KEY } from "../cli/io.helper.ts";
import { freePort } from "../e2e/processes.ts";
import { searchBytes } from "./search.helper.ts";

const ANSWER = "canary-in-an-answer-c3d81f";
const USER = "proxy-user-canary";
const PASSWORD = "proxy-password-canary-5e20";
const secrets = [TOKEN, VAULT_KEY, ANSWER, PASSWORD];

/** Ways in which a source is broken, each with a canary in all that it says. */
const ways: readonly ((response: ServerResponse, told: string) => void)[] = [
  (r, told) => void r.writeHead(500, { "x-told": ANSWER }).end(told),
  (r, told) => void r.writeHead(401).end(told),
  (r, told) => void r.writeHead(403).end(told),
  (r, told) => void r.writeHead(200).end(`<!doctype html>${told}`),
  (r) => void r.writeHead(302, { location: `http://${ANSWER}.example/${ANSWER}` }).end(),
  (r, told) => void r.writeHead(429, { "retry-after": ANSWER }).end(told),
  (r, told) => void r.writeHead(200).end(`{"updates": [${told}], "marker": "${ANSWER}"}`),
  (r) => void r.destroy(),
];

/** A source that is broken in every way, one after another, and repeats what it was told. */
async function talkative() {
  const said: string[] = [];
  let asked = 0;
  const server = createServer((request, response) => {
    const token = request.headers.authorization;
    const told = JSON.stringify({ code: ANSWER, message: ANSWER, token });
    said.push(told);
    ways[asked++ % ways.length]?.(response, told);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, said, asked: () => asked };
}

const commands: readonly (readonly string[])[] = [
  ["check"],
  ["status"],
  ["status", "--json"],
  ["dead"],
  ["dead", "retry", "1"],
  ["dead", "drop", "1"],
  ["reload"],
  ["notices", "test"],
  ["room", "link", "faculty"],
  ["room", "link", "nowhere"],
  ["backup", "NOWHERE/backup"],
  ["restore", "NOWHERE/backup"],
  ["vault", "rotate"],
  ["verify-reader", "URL"],
  ["run"],
];

/** Runs every command over a broken source and then broken settings; gives all that was said, and what the source said. */
async function everything(lang: "ru" | "en", proxied: boolean) {
  const source = await talkative();
  const feed = await freePort();
  const proxy = proxied ? `    proxy: http://${USER}:${PASSWORD}@127.0.0.1:${await freePort()}\n` : "";
  const { folder, config } = await place((base) =>
    base
      .replace("http://127.0.0.1:9\n", `${source.url}\n${proxy}`)
      .replace("127.0.0.1:8080", `127.0.0.1:${feed}`),
  );
  const env = { POSTERN_VAULT_KEY: VAULT_KEY, POSTERN_FACULTY_TOKEN: TOKEN };
  const loaded = await loadConfig({ file: config, env });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
  const opened = await openCore(loaded.config, { env, askPassphrase: null });
  if (!opened.ok) throw new Error(opened.problem.code);
  const { core } = opened;
  for (const room of loaded.config.rooms.keys())
    atomically(core.db, () => core.bridge.log.create(room, new Uint8Array(32).fill(7)));
  core.close();
  let all = "";
  const ran: string[] = [];
  const run = async (command: readonly string[]): Promise<void> => {
    const words = command.map((w) =>
      w.replace("NOWHERE", path.join(folder, "none")).replace("URL", source.url),
    );
    const stop = new AbortController();
    const io = fakeIo({ signal: stop.signal });
    const before = source.asked();
    // A run goes on until its source was found broken.
    const ending = setInterval(() => {
      const troubled = /source\.(trouble|stopped)/.test(io.stdout());
      if (command[0] === "run" && (source.asked() > before + 2 || troubled)) stop.abort();
    }, 10);
    await postern(["--config", config, "--lang", lang, ...words], io);
    clearInterval(ending);
    const said = `${io.stdout()}\n${io.stderr()}\n`;
    if (said.trim() !== "") ran.push(command.join(" "));
    all += said;
  };
  for (const command of commands) await run(command);
  await writeFile(config, `token: ${TOKEN}\nvault: ${VAULT_KEY}\nproxy: ${PASSWORD}\n- ${TOKEN}: [`);
  for (const command of [["check"], ["status"], ["run"]]) await run(command);
  return { all, ran: new Set(ran), said: source.said.join("\n") };
}

test.each([
  ["ru", false],
  ["en", false],
  ["en", true],
] as const)(
  "whatever a broken source says, no command repeats it, nor a secret of the settings (%s, by a proxy: %s)",
  async (lang, proxied) => {
    const { all, ran, said } = await everything(lang, proxied);
    // Each of them had something to say.
    expect([...ran]).toEqual(expect.arrayContaining(commands.map((c) => c.join(" "))));
    expect(searchBytes("said", Buffer.from(all), secrets)).toEqual([]);
    if (proxied) return;
    // The source was told the token and said the canary: a command that repeats an answer would be found.
    const found = new Set(searchBytes("answers", Buffer.from(`${all}${said}`), secrets).map((l) => l.canary));
    expect(found).toEqual(new Set([TOKEN, ANSWER]));
  },
  120_000,
);
