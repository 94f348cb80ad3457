import { z } from "zod";
import { Reloaded } from "./live.ts";
import { operation } from "./operation.ts";

/** Has the bridge that runs read its configuration anew. null: none runs, so there is nothing to do. */
export const reload = operation({
  name: "reload",
  changes: true,
  // What is under way may take as long to finish as at an end.
  deadline: 60_000,
  input: z.object({ lang: z.enum(["ru", "en"]) }),
  output: Reloaded.nullable(),
  run: async ({ live }, { lang }) => (live === null ? null : live.reload(lang)),
});
