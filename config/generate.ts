import { writeFile } from "node:fs/promises";
import { exampleYaml, jsonSchema } from "./example.ts";

// Writes the annotated example and the JSON Schema anew. A test keeps them equal to the schema.
const root = new URL("../", import.meta.url);
await writeFile(new URL("postern.example.yaml", root), exampleYaml());
await writeFile(new URL("postern.schema.json", root), jsonSchema());
