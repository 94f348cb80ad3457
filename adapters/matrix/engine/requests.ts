import {
  type KeysClaimRequest,
  type KeysQueryRequest,
  type KeysUploadRequest,
  type OlmMachine,
  RequestType,
  type SignatureUploadRequest,
  type ToDeviceRequest,
} from "@matrix-org/matrix-sdk-crypto-wasm";
import { z } from "zod";
import type { Clock } from "../../../bridge/model/effects.ts";
import type { Answer, Api, ApiCall } from "../api.ts";
import type { EngineFault } from "../engine.ts";
import { isPanic } from "./broken.ts";

/** A request of the engine that is sent. Messages into rooms and backups of keys are not: nothing of ours asks for them. */
export type Request =
  | KeysUploadRequest
  | KeysQueryRequest
  | KeysClaimRequest
  | ToDeviceRequest
  | SignatureUploadRequest;

/** What an answer other than `ok` is for whoever wanted the call done. */
export function faultOf(answer: Exclude<Answer, { kind: "ok" }>, clock: Clock): EngineFault {
  if (answer.kind === "lost") return { kind: "fault", code: answer.code, at: null };
  const at = answer.retryAfter === null ? null : clock.now() + answer.retryAfter;
  return { kind: "fault", code: answer.errcode, at };
}

const MALFORMED: EngineFault = { kind: "fault", code: "malformed", at: null };

const client = "/_matrix/client/v3";

function callOf(request: Request): ApiCall {
  const body: unknown = JSON.parse(request.body);
  const post = (path: string): ApiCall => ({ method: "POST", path: `${client}/keys/${path}`, body });
  switch (request.type) {
    case RequestType.KeysUpload:
      return post("upload");
    case RequestType.KeysQuery:
      return post("query");
    case RequestType.KeysClaim:
      return post("claim");
    case RequestType.SignatureUpload:
      return post("signatures/upload");
    default: {
      if (!("event_type" in request)) throw new Error("a request of the engine that is never sent");
      const parts = [request.event_type, request.txn_id].map(encodeURIComponent);
      return { method: "PUT", path: `${client}/sendToDevice/${parts.join("/")}`, body };
    }
  }
}

/** What an answer must have, which the engine would take for "nobody has any" where it is not there. */
const Needed: ReadonlyMap<RequestType, z.ZodType> = new Map<RequestType, z.ZodType>([
  [RequestType.KeysQuery, z.object({ device_keys: z.record(z.string(), z.unknown()) })],
  [RequestType.KeysClaim, z.object({ one_time_keys: z.record(z.string(), z.unknown()) })],
]);

/** Sends requests of the engine and tells it what was answered. What failed it gives again when it is asked. */
export function createSender(machine: OlmMachine, api: Api, clock: Clock) {
  return async (request: Request, signal: AbortSignal): Promise<EngineFault | null> => {
    const answer = await api.call(callOf(request), signal);
    if (answer.kind !== "ok") return faultOf(answer, clock);
    // One for signatures that was asked for directly has no id: the engine waits for no answer.
    if (request.id === undefined) return null;
    if (Needed.get(request.type)?.safeParse(answer.body).success === false) return MALFORMED;
    try {
      await machine.markRequestAsSent(request.id, request.type, JSON.stringify(answer.body ?? {}));
      return null;
    } catch (error) {
      if (isPanic(error)) throw error;
      // It is not what this call should answer.
      return MALFORMED;
    }
  };
}
export type Sender = ReturnType<typeof createSender>;
