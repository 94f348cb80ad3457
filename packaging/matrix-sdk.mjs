// What a package carries of the Matrix SDK (build.ts).
export { LogService, MatrixClient, setRequestFn } from "matrix-bot-sdk";
