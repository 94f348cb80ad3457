import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concat, hex } from "./bytes.ts";

const { Point } = ed25519;
type Point = InstanceType<typeof Point>;

/** After so many signatures a key gets a table of its own: it costs as much as a few dozen, and makes each cheaper. */
const WORTH_A_TABLE = 16;
/** A room has a handful of keys; who makes a reader see more than that gains nothing. */
const MOST_KEYS = 16;

interface Known {
  /** The key's point where it has no torsion part: then one equation is all of the rules. */
  readonly plain: Point | null;
  uses: number;
}

const keys = new Map<string, Known>();

function known(publicKey: Uint8Array): Known {
  const name = hex(publicKey);
  const found = keys.get(name);
  if (found !== undefined) return found;
  const point = Point.fromBytes(publicKey, false);
  const fresh = { plain: point.isTorsionFree() && !point.is0() ? point : null, uses: 0 };
  const [oldest] = keys.keys();
  if (keys.size >= MOST_KEYS && oldest !== undefined) keys.delete(oldest);
  keys.set(name, fresh);
  return fresh;
}

/** Of a copy: a slice of Node's own kind of bytes is none. */
const little = (bytes: Uint8Array): bigint => BigInt(`0x${hex(Uint8Array.from(bytes).reverse())}`);

/**
 * Strict verification of an Ed25519 signature (RFC 8032, as PSR1 § 2 demands it): no key of small order, and R neither
 * zero nor with a torsion part.
 *
 * A room's records are signed by one key, thousands of them, so what depends on the key alone is done once. For a key
 * without a torsion part, as every honest one is, R is the one point that `[S]B − [k]A` makes, and its bytes decide.
 */
export function verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    if (signature.length !== 64) return false;
    const key = known(publicKey);
    if (key.plain === null) return verifySlowly(signature, message, publicKey);
    if (++key.uses === WORTH_A_TABLE) key.plain.precompute(8);
    const r = signature.subarray(0, 32);
    const s = little(signature.subarray(32));
    const k = Point.Fn.create(little(sha512(concat(r, publicKey, message))));
    // Throws where S is not below the group's order.
    const point = Point.BASE.multiplyUnsafe(s).subtract(key.plain.multiplyUnsafe(k));
    return !point.is0() && point.toBytes().every((byte, i) => byte === r[i]);
  } catch {
    return false;
  }
}

/** The same by the library's own equation, which says for any key what the rules say. */
function verifySlowly(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    if (!ed25519.verify(signature, message, publicKey, { zip215: false })) return false;
    const r = Point.fromBytes(signature.subarray(0, 32));
    return r.isTorsionFree() && !r.is0();
  } catch {
    return false;
  }
}
