import { browserStorage } from "../../../adapters/web/reader/room/storage.ts";
import { tryStorage } from "./storage.helper.ts";

// Bundled and run in a browser: what its own database answers.
Object.assign(window, { tried: async () => JSON.stringify(await tryStorage(await browserStorage())) });
