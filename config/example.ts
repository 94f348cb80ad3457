import { stringify } from "yaml";
import { z } from "zod";
import { Schema } from "./schema.ts";

/** What the example and the JSON Schema are made of: the schema of postern.yaml with what its keys are for. */
interface Node {
  readonly description?: string | undefined;
  readonly ru?: string | undefined;
  readonly example?: unknown;
  readonly off?: boolean | undefined;
  readonly properties?: Readonly<Record<string, Node>> | undefined;
  readonly additionalProperties?: Node | boolean | undefined;
  readonly items?: Node | undefined;
  /** Kinds of a group; all but the first say a name that the example gives them. */
  readonly oneOf?: readonly Node[] | undefined;
}
const Node: z.ZodType<Node> = z.looseObject({
  description: z.string().optional(),
  ru: z.string().optional(),
  example: z.unknown().optional(),
  off: z.boolean().optional(),
  properties: z
    .record(
      z.string(),
      z.lazy(() => Node),
    )
    .optional(),
  additionalProperties: z.union([z.boolean(), z.lazy(() => Node)]).optional(),
  items: z.lazy(() => Node).optional(),
  oneOf: z.array(z.lazy(() => Node)).optional(),
});

const width = 100;

function wrapped(text: string, indent: string): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent.length + line.length + word.length + 3 > width) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line].map((part) => `${indent}# ${part}`);
}

const flow = (value: unknown): string => stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trim();

/** A setting that is not in force has its `#` before the indentation, so that removing one sign puts it in force. */
const put = (line: string, off: boolean): string => (off ? `#${line}` : line);

function group(properties: Readonly<Record<string, Node>>, indent: string, off: boolean): readonly string[] {
  return Object.entries(properties).flatMap(([key, node]) => entry(key, node, indent, off));
}

/** A list's first line begins with the dash; the rest stands below its first key. */
function item(lines: readonly string[], indent: string): readonly string[] {
  const first = lines.findIndex((line) => !line.trimStart().startsWith("#"));
  return lines.map((line, index) =>
    index === first ? `${indent}  - ${line.slice(indent.length + 4)}` : line,
  );
}

function below(node: Node, indent: string, off: boolean): readonly string[] | null {
  if (node.properties !== undefined) return group(node.properties, `${indent}  `, off);
  const named = node.additionalProperties;
  const kinds = typeof named === "object" ? (named.oneOf ?? [named]) : [];
  if (kinds[0]?.properties !== undefined)
    return kinds.flatMap((kind) => {
      const kindOff = off || kind.off === true;
      return [
        put(`${indent}  ${String(kind.example ?? node.example)}:`, kindOff),
        ...group(kind.properties ?? {}, `${indent}    `, kindOff),
      ];
    });
  if (node.items?.properties !== undefined)
    return item(group(node.items.properties, `${indent}    `, off), indent);
  return null;
}

function entry(key: string, node: Node, indent: string, outerOff: boolean): readonly string[] {
  const off = outerOff || node.off === true;
  const words = [...wrapped(node.ru ?? "", indent), ...wrapped(node.description ?? "", indent)];
  const inner = below(node, indent, off);
  const lines =
    inner === null
      ? [put(`${indent}${key}: ${flow(node.example)}`, off)]
      : [put(`${indent}${key}:`, off), ...inner];
  return [...(indent === "" ? [""] : []), ...words, ...lines];
}

const head = [
  "# yaml-language-server: $schema=./postern.schema.json",
  "# Настройки Postern. Скопируйте в postern.yaml и исправьте; проверить: npm run -s postern -- check",
  "# Настройка, у которой знак # стоит в самом начале строки, выключена: уберите этот знак, и она заработает.",
  "# Остальные строки с # это пояснения.",
  "# Postern's settings. Copy to postern.yaml and edit; to check: npm run -s postern -- check",
  "# A setting with a # at the very start of its line is switched off: remove that sign to switch it on.",
  "# The other lines with # explain.",
  "# Made from the schema by `node config/generate.ts`; do not edit here.",
];

/** The annotated example, as YAML. */
export function exampleYaml(): string {
  const root = Node.parse(z.toJSONSchema(Schema, { io: "input" }));
  return `${[...head, ...group(root.properties ?? {}, "", false)].join("\n")}\n`;
}

/** The JSON Schema for editors, as JSON text. Descriptions in both languages. */
export function jsonSchema(): string {
  const schema = z.toJSONSchema(Schema, {
    io: "input",
    override: ({ jsonSchema: at }) => {
      const { ru, example } = at;
      if (typeof ru === "string") at.description = `${ru}\n${at.description ?? ""}`;
      if (example !== undefined) at.examples = [example];
      delete at.ru;
      delete at.example;
      delete at.off;
    },
  });
  return `${JSON.stringify({ title: "postern.yaml", ...schema }, null, 2)}\n`;
}
