import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "..");
const top = ["bridge", "adapters", "config", "cli", "simulators"] as const;

function sources(folder: string): readonly string[] {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|tsx|mjs)$/.test(entry.name))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .filter((file) => !file.includes(`${path.sep}dist${path.sep}`));
}

/** What a file imports: project files as paths from the root, packages by name. */
function imports(file: string): readonly string[] {
  const text = readFileSync(path.join(root, file), "utf8");
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^;"']*?from\s*"([^"]+)"|import\(\s*"([^"]+)"\s*\)|(?:^|\n)import\s*"([^"]+)"/g,
  );
  return [...found].map((m) => {
    const name = m[1] ?? m[2] ?? m[3] ?? "";
    return name.startsWith(".") ? path.relative(root, path.resolve(root, path.dirname(file), name)) : name;
  });
}

const files = top.flatMap(sources);
const graph = new Map(files.map((file) => [file, imports(file)]));

/** The first two folders of an adapter are its own room: adapters/web/… */
const room = (file: string): string => file.split(path.sep).slice(0, 2).join("/");

test("arrows run one way: cli → adapters → bridge, cli → config → bridge", () => {
  const allowed: Record<string, (from: string, to: string) => boolean> = {
    bridge: (_from, to) => to.startsWith("bridge/"),
    // adapters/net is no adapter: the way out (proxy, certificates, bounded answers), which each uses for itself.
    adapters: (from, to) =>
      to.startsWith("bridge/") || room(from) === room(to) || room(to) === "adapters/net",
    config: (_from, to) => to.startsWith("bridge/") || to.startsWith("config/"),
    cli: () => true,
    simulators: (from, to) => room(from) === room(to) || to.startsWith("bridge/model/"),
  };
  const wrong = files.flatMap((from) =>
    (graph.get(from) ?? [])
      .filter((to) => top.some((t) => to.startsWith(`${t}/`)))
      .filter((to) => allowed[from.split("/")[0] ?? ""]?.(from, to) !== true)
      .map((to) => `${from} → ${to}`),
  );
  expect(wrong).toEqual([]);
});

test("the core knows no messenger's SDK, no web framework and no network library", () => {
  const foreign = [
    "undici",
    "fastify",
    "grammy",
    "matrix-bot-sdk",
    "preact",
    "vite",
    "commander",
    "@clack/prompts",
  ];
  const wrong = files
    .filter((f) => f.startsWith("bridge/"))
    .flatMap((f) => (graph.get(f) ?? []).filter((i) => foreign.includes(i)).map((i) => `${f} → ${i}`));
  expect(wrong).toEqual([]);
});

test("there is no circle of imports", () => {
  const state = new Map<string, "open" | "done">();
  const circles: string[] = [];
  const visit = (file: string, way: readonly string[]): void => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      circles.push([...way.slice(way.indexOf(file)), file].join(" → "));
      return;
    }
    state.set(file, "open");
    for (const next of graph.get(file) ?? []) if (graph.has(next)) visit(next, [...way, file]);
    state.set(file, "done");
  };
  for (const file of files) visit(file, []);
  expect(circles).toEqual([]);
});

test("no file has grown past 400 lines", () => {
  const long = files.filter((f) => readFileSync(path.join(root, f), "utf8").split("\n").length > 400);
  expect(long).toEqual([]);
});

test("the length of outside data is bounded by boundedText, since zod's own bounds throw for what is no text", () => {
  const own =
    /\bz\s*\.(?:string\([^)]*\)|array\((?:[^()]|\([^()]*\))*\))(?:\s*\.\w+\((?:[^()]|\([^()]*\))*\))*?\s*\.(?:min|max|length|nonempty)\(/;
  const wrong = files
    .filter((f) => !f.startsWith("simulators/"))
    .filter((f) => own.test(readFileSync(path.join(root, f), "utf8")));
  expect(wrong).toEqual([]);
});
