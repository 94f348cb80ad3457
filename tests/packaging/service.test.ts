import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const exec = promisify(execFile);
const file = path.resolve(import.meta.dirname, "../../packaging/postern.service");
const analyze = "/usr/bin/systemd-analyze";

/** Settings by name; one that stands there several times has several values. */
async function settings(): Promise<ReadonlyMap<string, readonly string[]>> {
  const all = new Map<string, string[]>();
  for (const [, name = "", value = ""] of (await readFile(file, "utf8")).matchAll(/^([A-Za-z]+)=(.*)$/gm))
    all.set(name, [...(all.get(name) ?? []), value]);
  return all;
}

test("the service waits to be told that it runs, and has time for all that the bridge promises", async () => {
  const unit = await settings();
  expect(unit.get("Type")).toEqual(["notify"]);
  expect(unit.get("NotifyAccess")).toEqual(["all"]);
  // The bridge waits up to ten minutes for a room's other places, and stops within ten seconds.
  expect(unit.get("TimeoutStartSec")).toEqual(["20min"]);
  expect(Number(unit.get("TimeoutStopSec")?.[0])).toBeGreaterThan(10);
  expect(unit.get("RestartPreventExitStatus")).toEqual(["1"]);
});

test("secrets reach the service as credentials, not through its environment or arguments", async () => {
  const unit = await settings();
  expect(unit.get("LoadCredential")).toEqual([
    "vault.key:/etc/postern/vault.key",
    "faculty.token:/etc/postern/faculty.token",
  ]);
  expect(unit.has("Environment")).toBe(false);
  expect(unit.has("EnvironmentFile")).toBe(false);
  expect(unit.get("ExecStart")).toEqual(["/opt/postern/bin/postern run --config /etc/postern/postern.yaml"]);
  expect(unit.get("LimitCORE")).toEqual(["0"]);
});

test("the service may write to its own state alone, gains no rights, and compiles JavaScript all the same", async () => {
  const unit = await settings();
  for (const [name, value] of [
    ["ProtectSystem", "strict"],
    ["ProtectHome", "yes"],
    ["PrivateTmp", "yes"],
    ["NoNewPrivileges", "yes"],
    ["StateDirectory", "postern"],
    ["StateDirectoryMode", "0700"],
    ["RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6"],
    ["CapabilityBoundingSet", ""],
    ["MemoryDenyWriteExecute", "no"],
  ] as const)
    expect(unit.get(name), name).toEqual([value]);
  expect(unit.get("SystemCallFilter")).toEqual(["@system-service", "~@privileged"]);
});

if (existsSync(analyze))
  test("systemd finds nothing wrong with the unit, and little that it exposes", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "postern-unit-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const copy = path.join(folder, "postern.service");
    // The program need not be installed where the unit is looked at.
    const text = (await readFile(file, "utf8")).replace("/opt/postern/bin/postern", process.execPath);
    await writeFile(copy, text);
    const { stdout, stderr } = await exec(analyze, ["verify", "--man=no", copy]);
    expect(`${stdout}${stderr}`).toBe("");
    const judged = await exec(analyze, ["security", "--offline=true", "--threshold=20", copy]);
    expect(judged.stdout).toMatch(/Overall exposure level for postern\.service: [01]\.\d/);
  });
else console.warn("systemd-analyze is not here: the unit file was not verified");
