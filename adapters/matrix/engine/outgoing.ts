import {
  type KeysBackupRequest,
  type OlmMachine,
  RequestType,
  type RoomMessageRequest,
} from "@matrix-org/matrix-sdk-crypto-wasm";
import type { EngineFault } from "../engine.ts";
import type { Request, Sender } from "./requests.ts";

type Outgoing = Request | RoomMessageRequest | KeysBackupRequest;

/** An answer may make the engine want something more; it is asked again so often at most. */
const ROUNDS = 4;

const isSent = (request: Outgoing): request is Request =>
  request.type !== RequestType.RoomMessage && request.type !== RequestType.KeysBackup;

/** Whether a room's key can be shared without it: not before this device and all the others are known. */
const isNeeded = (request: Request): boolean =>
  request.type === RequestType.KeysQuery ||
  (request.type === RequestType.KeysUpload && request.body.includes('"device_keys"'));

export interface Flushed {
  /** The first that failed of any kind. */
  readonly any: EngineFault | null;
  /** The first that failed of those which sharing a key needs. */
  readonly needed: EngineFault | null;
}

/** Sends all that the engine wants to send. */
export async function flush(machine: OlmMachine, send: Sender, signal: AbortSignal): Promise<Flushed> {
  let any: EngineFault | null = null;
  let needed: EngineFault | null = null;
  const tried = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    // One that is given again under another id (a user whom the server does not know) is for the next time as well.
    const requests = (await machine.outgoingRequests())
      .filter(isSent)
      .filter((request) => !tried.has(request.body) && !tried.has(request.id ?? ""));
    if (requests.length === 0) break;
    for (const request of requests) {
      tried.add(request.id ?? "").add(request.body);
      const fault = await send(request, signal);
      any ??= fault;
      if (isNeeded(request)) needed ??= fault;
    }
  }
  return { any, needed };
}
