export { struck as strike } from "./clean.ts";
