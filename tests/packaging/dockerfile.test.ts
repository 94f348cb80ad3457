import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { contextFilter, readDockerfile } from "../../packaging/dockerfile.ts";
import { run } from "../../packaging/process.ts";
import { replay, userOf } from "../../packaging/replay.ts";

const root = path.resolve(import.meta.dirname, "../..");
const text = await readFile(path.join(root, "Dockerfile"), "utf8");
const stages = readDockerfile(text);
const last = stages.at(-1)?.steps ?? [];
const through = contextFilter(await readFile(path.join(root, ".dockerignore"), "utf8"));

test("the image runs as a user of its own, and only its volumes belong to that user", () => {
  expect(userOf(stages)).toBe(10001);
  const owned = last.flatMap((step) => (step.kind === "copy" && step.owner !== null ? [step] : []));
  expect(owned.map(({ to, owner }) => [to, owner])).toEqual([
    ["/data", "10001:10001"],
    ["/feed", "10001:10001"],
    ["/key", "10001:10001"],
  ]);
  expect(last.find(({ kind }) => kind === "volume")).toMatchObject({ words: owned.map(({ to }) => to) });
});

test("the image has the program for entry, and asks it for its health", () => {
  expect(last.find(({ kind }) => kind === "entrypoint")).toMatchObject({ words: ["postern"] });
  expect(last.find(({ kind }) => kind === "cmd")).toMatchObject({ words: ["run"] });
  expect(last.find(({ kind }) => kind === "healthcheck")).toMatchObject({ words: ["postern", "status"] });
});

test("building happens in a stage that is left behind", () => {
  expect(stages.length).toBeGreaterThan(1);
  expect(last.filter(({ kind }) => kind === "run")).toEqual([]);
});

test("no secret can get into a layer: nothing is passed in, and the context holds sources only", () => {
  expect(text).not.toMatch(/^ARG|token|password|secret/im);
  for (const file of [
    "postern.yaml",
    "secrets/faculty.token",
    "data/postern.db",
    "russian-trusted-root.pem",
    ".git/config",
    ".env",
    "vault.key",
    "node_modules/zod/index.js",
    "adapters/web/reader/dist/index.html",
  ])
    expect(through(file), file).toBe(false);
  for (const stage of stages)
    for (const step of stage.steps)
      if (step.kind === "copy" && step.from === null)
        for (const source of step.sources) {
          expect(through(source), source).toBe(true);
          expect(existsSync(path.join(root, source)), source).toBe(true);
        }
});

test.each([
  "FROM a\nRUN --mount=type=cache,target=x y",
  "FROM a\nCOPY --link a b",
  "FROM a\nADD a b",
  "FROM a\nARG TOKEN",
  "FROM a\nENTRYPOINT node x",
  "FROM a\nENV A B",
])("what could not be replayed is refused: %j", (wrong) => {
  expect(() => readDockerfile(`${wrong}\n`)).toThrow("not understood");
});

const small = `
FROM base AS build
WORKDIR /build
COPY a.txt folder ./
COPY folder ./folder
RUN cat a.txt folder/b.txt > both && mkdir -m 700 empty && \\
    id -u > who
FROM base
WORKDIR /app
COPY --from=build /build/both /build/who ./
COPY --from=build --chown=10001:10001 /build/empty /data
ENV HELD=/data
USER 10001:10001
WORKDIR /config
ENTRYPOINT ["sh"]
`;

/** A folder with a small Dockerfile, and one to replay it in. */
async function place(dockerfile: string) {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-replay-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  const [context, into] = [path.join(folder, "context"), path.join(folder, "into")];
  await mkdir(path.join(context, "folder"), { recursive: true });
  await mkdir(into);
  await writeFile(path.join(context, "Dockerfile"), dockerfile);
  await writeFile(path.join(context, ".dockerignore"), "*\n!a.txt\n!folder\n**/*.key\n");
  for (const [name, held] of [
    ["a.txt", "one "],
    ["folder/b.txt", "two"],
    ["folder/vault.key", "canary"],
  ] as const)
    await writeFile(path.join(context, name), held);
  const switchUser = process.getuid?.() === 0;
  return { context, folder: into, env: { PATH: "/usr/bin:/bin" }, switchUser, tell: () => {} };
}

test("a replay does COPY and RUN in empty folders, as the image's user", async () => {
  const o = await place(small);
  const image = await replay(o);
  const read = (file: string) => readFile(path.join(image.root, file), "utf8");
  expect(await read("app/both")).toBe("one two");
  expect(existsSync(path.join(o.folder, "0/build/folder/vault.key"))).toBe(false);
  expect(image.as).toMatchObject({
    cwd: path.join(image.root, "config"),
    env: { HELD: path.join(image.root, "data") },
  });
  const data = await stat(path.join(image.root, "data"));
  expect(data.mode & 0o777).toBe(0o700);
  if (!o.switchUser) return;
  expect(await read("app/who")).toBe("10001\n");
  expect(data.uid).toBe(10001);
  const write = (where: string) => run([...image.entrypoint, "-c", `echo x > ${where}`], image.as);
  await write('"$HELD/x"');
  await expect(write("../app/x")).rejects.toThrow();
});

test("a replay fails where a step fails, and where RUN leaves its folder", async () => {
  const failing = small.replace("cat a.txt", "cat c.txt");
  await expect(replay(await place(failing))).rejects.toThrow("c.txt");
  const leaving = small.replace("cat a.txt", "cat /etc/passwd");
  await expect(replay(await place(leaving))).rejects.toThrow("not ours");
  const missing = small.replace("COPY a.txt", "COPY c.txt");
  await expect(replay(await place(missing))).rejects.toThrow("c.txt");
});
