import { fuzz, told } from "./run.helper.ts";

// One input once more: node tests/fuzz/again.ts TARGET SEED INPUT

const [target = "", seed, input] = process.argv.slice(2);
const options = { target, seed: Number(seed), from: Number(input), count: 1 };
process.stdout.write(`${told(options, await fuzz(options))}\n`);
