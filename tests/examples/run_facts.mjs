/**
 * What facts.mjs reads of each request, and address.mjs of its address: node run_facts.mjs FOLDER, with a list of
 * {url, headers, page, ruleset, now} as JSON.
 */
import { readFileSync } from "node:fs";

const [folder] = process.argv.slice(2);
const { FACTS, read } = await import(`file://${folder}/facts.mjs`);
const { askedIn } = await import(`file://${folder}/address.mjs`);

const told = JSON.parse(readFileSync(0, "utf8")).map(({ url, headers, now, ...known }) => {
  const request = { url, headers: new Headers(headers) };
  const moment = new Date(now);
  const facts = Object.keys(FACTS).map((name) => [name, read(name, request, { ...known, now: moment })]);
  return { facts: Object.fromEntries(facts), asked: askedIn(request) };
});
process.stdout.write(JSON.stringify(told));
