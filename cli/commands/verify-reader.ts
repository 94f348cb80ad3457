import { createHash } from "node:crypto";
import { ready } from "../../bridge/seal/sodium.ts";
import { readUrl } from "../../config/addresses.ts";
import { langOf } from "../../config/lang.ts";
import { askWeb } from "../check/web.ts";
import type { Asked } from "../configured.ts";
import type { ExitCode, Io } from "../io.ts";
import { readerPage } from "../reader-page.ts";
import { wordsOf } from "../texts/index.ts";

export interface VerifyReaderOptions extends Pick<Asked, "lang"> {
  readonly url: string;
  /** ms for each answer. */
  readonly deadline?: number;
}

/** `postern verify-reader`: whether the page at an address is this version's, byte for byte. Needs no configuration. */
export async function verifyReader(io: Io, options: VerifyReaderOptions): Promise<ExitCode> {
  const words = wordsOf(options.lang ?? langOf(io.env));
  const say = words.keys.verify;
  const tell = (text: string): void => io.out(`${text}\n`);
  const page = readUrl(options.url);
  if (page === null) {
    io.err(`${say.badUrl}\n`);
    return 1;
  }
  const own = await readerPage().catch(() => null);
  if (own === null) {
    io.err(`${say.unbuilt}\n`);
    return 2;
  }
  const asked = { from: new URL(page).origin, signal: io.signal, deadline: options.deadline ?? 10_000 };
  const file = /\/[^/]+\.[a-z]+$/i.test(new URL(page).pathname);
  const url = file ? page : `${page}/`;
  const answer = await askWeb(url, asked);
  if (answer.kind === "fault") {
    io.err(`${say.fault(url, answer.fault)}\n`);
    return 2;
  }
  if (answer.status !== 200) {
    io.err(`${say.status(url, answer.status)}\n`);
    return 2;
  }
  const lib = await ready();
  const hashes = (bytes: Uint8Array): readonly [string, string] => [
    createHash("sha256").update(bytes).digest("hex"),
    Buffer.from(lib.crypto_generichash(32, bytes, null)).toString("hex"),
  ];
  const html = Buffer.from(own.html);
  tell(say.hashes(...hashes(html)));
  tell(say.theirs(...hashes(new Uint8Array(answer.bytes))));
  if (!html.equals(answer.bytes)) {
    tell(say.different(url));
    return 2;
  }
  const beside = new URL("worker.js", url).href;
  const worker = await askWeb(beside, asked);
  const wrong =
    worker.kind === "answer" && worker.status === 200 && !Buffer.from(own.worker).equals(worker.bytes);
  tell(wrong ? say.workerDiffers(beside) : say.same(url));
  if (!wrong) tell(say.others);
  return wrong ? 2 : 0;
}
