import { chmod, lstat, readdir, readFile, stat, symlink } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { edited } from "../../config/edit.ts";
import { exampleYaml } from "../../config/example.ts";
import { changeSettings } from "../../config/write.ts";
import { good, place } from "./place.helper.ts";

const room = { type: "telegram", bot: "campus", chat: -1001234567890, title: "Экзамены: важно" };
const changes = [
  { kind: "set", path: ["rooms", "channel"], value: room },
  { kind: "add", path: ["mappings", 0, "rooms"], value: "channel" },
] as const;

/** The lines that are new; all others are as they were, in their order. */
function newLines(before: string, after: string): readonly string[] {
  const old = before.split("\n");
  const fresh: string[] = [];
  let at = 0;
  for (const line of after.split("\n"))
    if (line === old[at]) at += 1;
    else fresh.push(line);
  expect(old.length - at).toBeLessThanOrEqual(1);
  return fresh;
}

test("a room is put in, and nothing else of the file changes", () => {
  const after = edited(exampleYaml(), changes.slice(0, 1)) ?? "";
  expect(newLines(exampleYaml(), after)).toEqual([
    "  channel:",
    "    type: telegram",
    "    bot: campus",
    "    chat: -1001234567890",
    '    title: "Экзамены: важно"',
  ]);
});

test("a mapping's rooms get another, in either way of writing lists", () => {
  expect(edited(good, changes.slice(1))).toContain("    rooms: [faculty, channel]\n");
  const block = good.replace("rooms: [faculty]", "rooms:\n      - faculty # ours\n      # last");
  expect(edited(block, changes.slice(1))).toContain(
    "    rooms:\n      - faculty # ours\n      - channel\n      # last\n",
  );
});

test("a file without rooms, with an empty group or with rooms in braces gets them", () => {
  const added = "rooms:\n  channel:\n    type: telegram\n";
  const rooms = "rooms:\n  faculty:\n    type: sealed\n    title: Расписание\n";
  expect(edited(good.replace(rooms, ""), changes.slice(0, 1))).toContain(added);
  expect(edited(good.replace(rooms, "rooms: # none yet\n"), changes.slice(0, 1))).toContain(
    "rooms: # none yet\n  channel:\n    type: telegram\n",
  );
  const braces = edited(good.replace(rooms, "rooms: { web: { type: sealed, title: Веб } } # ours\n"), [
    changes[0],
  ]);
  expect(braces).toContain("web: { type: sealed, title: Веб }");
  expect(braces).toContain("# ours");
  expect(braces).toContain("channel:");
});

test("a key of a room is set, changed and taken away in its place, line ends and ids beyond 2^53 kept", () => {
  const windows = good.replaceAll("\n", "\r\n").replace("-70801090403050", "-9123456789012345678");
  const set = edited(windows, [{ kind: "set", path: ["rooms", "faculty", "history"], value: 3 }]) ?? "";
  expect(set).toContain("  faculty:\r\n    history: 3\r\n    type: sealed\r\n");
  expect(set).toContain("channel: -9123456789012345678\r\n");
  const changed = edited(set, [{ kind: "set", path: ["rooms", "faculty", "history"], value: 4 }]) ?? "";
  expect(changed).toBe(set.replace("history: 3", "history: 4"));
  expect(edited(changed, [{ kind: "set", path: ["rooms", "faculty", "history"], value: null }])).toBe(
    windows,
  );
});

test("a broken file, and a list that is not there, are left alone", () => {
  expect(edited(`${good}  : [`, changes)).toBeNull();
  expect(edited(good, [{ kind: "add", path: ["mappings", 7, "rooms"], value: "channel" }])).toBeNull();
  expect(edited(good, [{ kind: "set", path: ["rooms", "faculty", "type", "x"], value: 1 }])).toBeNull();
});

test.skipIf(process.platform === "win32")("the file behind a link is changed, its mode kept", async () => {
  const { folder, write } = await place();
  const file = await write("real.yaml", good, 0o640);
  await chmod(file, 0o640);
  const link = path.join(folder, "postern.yaml");
  await symlink("real.yaml", link);
  expect(await changeSettings(link, changes)).toBe("written");
  expect((await lstat(link)).isSymbolicLink()).toBe(true);
  expect((await stat(file)).mode & 0o777).toBe(0o640);
  expect(await readFile(file, "utf8")).toBe(edited(good, changes));
});

test("a file that cannot be changed stays as it is, and nothing is left beside it", async () => {
  const { folder, write } = await place();
  const file = await write("postern.yaml", `${good}  : [`);
  expect(await changeSettings(file, changes)).toBe("unsuited");
  expect(await readFile(file, "utf8")).toBe(`${good}  : [`);
  expect(await changeSettings(path.join(folder, "none.yaml"), changes)).toBe("unreadable");
  await write("postern.yaml", good);
  expect(await changeSettings(file, changes, `# before\n${good}`)).toBe("changed");
  expect(await readdir(folder)).toEqual(["postern.yaml", "token"]);
});
