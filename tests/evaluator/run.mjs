/**
 * Puts what it reads, a line of JSON each, to a module, and writes what that answers:
 *
 *     node run.mjs path/of/module.js
 *
 * A line is [function, ...arguments]; {"base64": text} stands for bytes. The module is read as what it is: older Nodes take a
 * file for one only by its name, or by a package.json beside it.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const source = readFileSync(process.argv[2]).toString("base64");
const module = await import(`data:text/javascript;base64,${source}`);
const read = (value) => (value?.base64 === undefined ? value : Buffer.from(value.base64, "base64"));

for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...given] = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(await module[name](...given.map(read)))}\n`);
}
