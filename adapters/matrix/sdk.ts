/**
 * The SDK. It brings along a library that it is never let use (client.ts), and that greets with a notice of Node's about
 * itself which would mean nothing to whoever reads it.
 */
const before = process.noDeprecation ?? false;
process.noDeprecation = true;
export const { LogService, MatrixClient, setRequestFn } = await import("matrix-bot-sdk");
process.noDeprecation = before;
