import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import formats from "ajv-formats";
import { parse } from "yaml";
import { z } from "zod";

/** MAX's public schema and recordings lie beside the project; they are no part of it. */
export const sharedMax = path.resolve(import.meta.dirname, "../../../../shared/max");
const file = path.join(sharedMax, "schema-0.0.30.yaml");
export const hasSchema = existsSync(file);

const Node = z.record(z.string(), z.unknown());
type Node = z.infer<typeof Node>;

const Discriminated = z.object({
  discriminator: z.object({ propertyName: z.string(), mapping: z.record(z.string(), z.string()) }),
});
const Document = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.looseObject({ responses: Node.optional() }))),
  components: z.object({ schemas: z.record(z.string(), Node), responses: z.record(z.string(), Node) }),
});

/**
 * Where the simulator may differ from 0.0.30, and why. Each is a change of a schema of that name: members no longer
 * required, members that may be null.
 */
export const differences: Readonly<
  Record<
    string,
    { readonly optional?: readonly string[]; readonly nullable?: readonly string[]; why: string }
  >
> = {
  MessageBody: {
    optional: ["link", "attachments"],
    why: "requires `link`, which it has not; recorded bodies without attachments lack the member",
  },
  User: {
    optional: ["last_name", "username"],
    why: "recorded users lack what they have not set; 0.0.33: optional",
  },
  Recipient: { optional: ["user_id"], why: "recorded chats and channels lack it; 0.0.33: optional" },
  Chat: {
    optional: ["title", "icon", "description"],
    why: "recorded chats lack what is not set; 0.0.33: optional",
  },
  ChatMember: { optional: ["alias"], why: "recorded members lack it" },
  Subscription: { optional: ["version"], why: "gone in 0.0.33" },
  Message: {
    nullable: ["sender", "body"],
    why: "its own descriptions say that both can be null; 0.0.33: sender may be null",
  },
  LinkedMessage: { nullable: ["sender"], why: "its own description says that it can be null" },
};

/** Errors that 0.0.30 declares nowhere for these, and 0.0.33 does. */
const errorStatuses = [400, 401, 403, 404, 405, 429, 500, 503];

/** OpenAPI 3.0 to JSON Schema: `nullable`, discriminators, and objects that do not say that they are. */
function converted(value: unknown, dispatching: ReadonlySet<string>, base: string | null): unknown {
  if (Array.isArray(value)) return value.map((item) => converted(item, dispatching, base));
  const node = Node.safeParse(value).data;
  if (node === undefined) return value;
  const out: Node = {};
  for (const [key, member] of Object.entries(node)) {
    if (["nullable", "discriminator", "readOnly", "example", "description", "default"].includes(key))
      continue;
    if (key === "$ref" && typeof member === "string") {
      const name = member.replace("#/components/schemas/", "");
      // A variant builds on the plain base; everyone else means any of the variants.
      out.$ref = name === base || !dispatching.has(name) ? name : `any-${name}`;
    } else if (key === "properties") {
      const properties = Object.entries(Node.parse(member));
      out.properties = Object.fromEntries(properties.map(([k, v]) => [k, converted(v, dispatching, base)]));
    } else out[key] = converted(member, dispatching, base);
  }
  if (out.properties !== undefined && out.type === undefined) out.type = "object";
  return node.nullable === true ? { anyOf: [{ type: "null" }, out] } : out;
}

/** The schema with the differences that are allowed. */
function eased(name: string, schema: Node): Node {
  const own = differences[name];
  if (own === undefined) return schema;
  const ease = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(ease);
    const node = Node.safeParse(value).data;
    if (node === undefined) return value;
    const properties = Node.safeParse(node.properties).data;
    const required = z.array(z.string()).safeParse(node.required).data;
    return {
      ...node,
      ...(node.allOf === undefined ? {} : { allOf: ease(node.allOf) }),
      ...(required === undefined ? {} : { required: required.filter((r) => !own.optional?.includes(r)) }),
      ...(properties === undefined
        ? {}
        : {
            properties: Object.fromEntries(
              Object.entries(properties).map(([k, v]) => [
                k,
                own.nullable?.includes(k) ? { anyOf: [{ type: "null" }, v] } : v,
              ]),
            ),
          }),
    };
  };
  return Node.parse(ease(schema));
}

export interface Answered {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly status: number;
  readonly body: unknown;
}

export interface Checker {
  /** What is wrong with an answer; null: nothing. */
  answer(answered: Answered): string | null;
  /** What is wrong with a value of the schema of that name. */
  value(schema: string, value: unknown): string | null;
}

/** Compiles the public schema. `strict`: without {@link differences}. */
export function openApi(o: { readonly strict?: boolean } = {}): Checker {
  const { paths, components } = Document.parse(parse(readFileSync(file, "utf8")));
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats.default(ajv);
  const variants = Object.entries(components.schemas).flatMap(([name, schema]) => {
    const found = Discriminated.safeParse(schema);
    return found.success ? [{ name, ...found.data.discriminator }] : [];
  });
  const dispatching = new Set(variants.map((v) => v.name));
  for (const [name, schema] of Object.entries(components.schemas)) {
    const { oneOf, ...own } = schema;
    const kept = oneOf !== undefined && dispatching.has(name) ? own : schema;
    const base = variants.find((v) => Object.values(v.mapping).includes(`#/components/schemas/${name}`));
    const plain = Node.parse(converted(kept, dispatching, base?.name ?? null));
    ajv.addSchema(o.strict === true ? plain : eased(name, plain), name);
  }
  for (const { name, propertyName, mapping } of variants) {
    const known = Object.keys(mapping);
    ajv.addSchema(
      {
        type: "object",
        required: [propertyName],
        properties: { [propertyName]: { enum: known } },
        allOf: Object.entries(mapping).map(([key, ref]) => ({
          if: { properties: { [propertyName]: { const: key } } },
          // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
          then: { $ref: ref.replace("#/components/schemas/", "") },
        })),
      },
      `any-${name}`,
    );
  }

  const problems = (validate: ValidateFunction | undefined, value: unknown): string | null => {
    if (validate === undefined) return "no such schema";
    if (validate(value) === true) return null;
    return ajv.errorsText(validate.errors, { separator: "\n" });
  };
  const value: Checker["value"] = (schema, given) =>
    problems(ajv.getSchema(dispatching.has(schema) ? `any-${schema}` : schema), given);

  /** The name of the schema of a declared answer. */
  const declared = (answered: Answered): string | null => {
    const template = Object.keys(paths).find((t) =>
      new RegExp(`^${t.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(answered.path),
    );
    const responses = paths[template ?? ""]?.[answered.method.toLowerCase()]?.responses ?? {};
    const text = JSON.stringify(responses[answered.status] ?? {});
    const shared = /#\/components\/responses\/(\w+)/.exec(text)?.[1];
    const from = shared === undefined ? text : JSON.stringify(components.responses[shared]);
    return /#\/components\/schemas\/(\w+)/.exec(from)?.[1] ?? null;
  };

  return {
    value,
    answer(answered) {
      const name = declared(answered);
      if (name !== null) return value(name, answered.body);
      if (errorStatuses.includes(answered.status)) return value("Error", answered.body);
      return `status ${answered.status} is declared nowhere`;
    },
  };
}
