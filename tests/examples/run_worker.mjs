/**
 * Answers requests by the worker, as a network would: node run_worker.mjs FOLDER, with a line of JSON for each request.
 *
 * A line is {url, method, headers, now, env, kept}: `kept` is what stands in the store. The answer says what the worker
 * answered, which headers of the request it asked for, and whether it asked anything of any server.
 */
import { createInterface } from "node:readline";

const [folder] = process.argv.slice(2);
const { default: worker } = await import(`file://${folder}/worker.mjs`);

let fetched;
globalThis.fetch = (address) => {
  fetched.push(String(address));
  throw new Error("the worker must not ask the site");
};

const RealDate = Date;
let now;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length ? given : [now]));
  }
  static now() {
    return now;
  }
};

for await (const line of createInterface({ input: process.stdin })) {
  const { url, method = "GET", headers = {}, env, kept, ...rest } = JSON.parse(line);
  const asked = new Set();
  const sent = new Headers(headers);
  const get = (name) => {
    asked.add(name.toLowerCase());
    return sent.get(name);
  };
  now = rest.now;
  fetched = [];
  const store = { get: async (name) => kept[name] ?? null };
  const answer = await worker.fetch({ url, method, headers: { get } }, { ...env, KEPT: store });
  const told = {
    status: answer.status,
    headers: Object.fromEntries(answer.headers),
    body: await answer.text(),
    asked: [...asked].sort(),
    fetched,
  };
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
