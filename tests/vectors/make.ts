import { writeFile } from "node:fs/promises";
import { libsodium, makeVectors } from "./make.helper.ts";

// Writes the vectors anew: `node tests/vectors/make.ts`. A change of them is a change of the protocol.
const file = new URL("psr1.json", import.meta.url);
await writeFile(file, `${JSON.stringify(await makeVectors(await libsodium()), null, 2)}\n`);
