import type { ServerResponse } from "node:http";
import type { Answer } from "./answer.ts";
import type { SimulatorClock } from "./clock.ts";
import type { Fault } from "./faults.ts";

/** Cuts the connection as a crashing peer does (RST where the socket allows it). */
export function reset(response: ServerResponse): void {
  const { socket } = response;
  if (socket === null) return;
  if ("encrypted" in socket) socket.destroy();
  else socket.resetAndDestroy();
}

interface Sending {
  readonly response: ServerResponse;
  readonly answer: Answer;
  /** HEAD: the head alone. */
  readonly bodiless: boolean;
  readonly fault: Fault | null;
  readonly clock: SimulatorClock;
  readonly signal: AbortSignal;
}

/** Writes an answer, with the client's pace; false: it was cut off. */
export async function send(sending: Sending): Promise<boolean> {
  const { response, answer, fault, signal } = sending;
  response.sendDate = false;
  response.writeHead(answer.status, {
    date: new Date(sending.clock.now()).toUTCString(),
    ...answer.headers,
    "content-length": String(answer.length),
  });
  if (sending.bodiless) {
    response.end();
    return true;
  }
  const cutAfter = cutPoint(fault, answer.length);
  let sent = 0;
  for (const chunk of pieces(answer.body, fault)) {
    if (signal.aborted || response.destroyed) return false;
    if (sent + chunk.length >= cutAfter) {
      await write(response, chunk.subarray(0, cutAfter - sent), signal);
      if (fault?.kind === "cut") response.socket?.end();
      else reset(response);
      return false;
    }
    sent += chunk.length;
    await write(response, chunk, signal);
    if (fault?.kind === "slow") await sending.clock.sleep(fault.pauseMs ?? 100, signal);
  }
  if (signal.aborted) return false;
  response.end();
  return true;
}

/** After how many bytes of the body the connection is given up. */
function cutPoint(fault: Fault | null, length: number): number {
  if (fault?.kind !== "reset" && fault?.kind !== "cut") return Number.POSITIVE_INFINITY;
  return Math.min(fault.afterBytes ?? Math.floor(length / 2), length);
}

function* pieces(body: Iterable<Uint8Array>, fault: Fault | null): Generator<Uint8Array> {
  if (fault?.kind !== "slow") {
    yield* body;
    return;
  }
  const size = fault.chunk ?? 16;
  for (const chunk of body) {
    for (let at = 0; at < chunk.length; at += size) yield chunk.subarray(at, at + size);
  }
}

/** Writes a piece and waits until it has been handed to the network (so the client sets the pace), or `signal` aborts. */
function write(response: ServerResponse, piece: Uint8Array, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      signal.removeEventListener("abort", done);
      resolve();
    };
    signal.addEventListener("abort", done, { once: true });
    if (piece.length > 0) {
      response.write(piece, done);
      return;
    }
    response.flushHeaders();
    done();
  });
}
