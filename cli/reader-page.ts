import { type BuiltReader, buildReader } from "../adapters/web/reader/build.ts";

/** The reader page as the feed serves it. */
export const readerPage = (): Promise<BuiltReader> => buildReader();
