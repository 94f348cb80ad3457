import sodium from "libsodium-wrappers";

/** The cryptographic library, once its wasm is there. */
export async function ready(): Promise<typeof sodium> {
  await sodium.ready;
  return sodium;
}
