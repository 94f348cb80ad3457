/** Makes one measurement in a process of its own: `node bench/one.ts NAME`. Tells its parent what came of it. */
import { measurements } from "./all.ts";

const made = await (await measurements[process.argv[2] ?? ""]?.load())?.();
if (process.send === undefined) console.log(made);
else process.send(made);
