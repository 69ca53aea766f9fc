/** Lets keep.mjs run so many times, and writes what it keeps and what the site answered: node run_keep.mjs FOLDER TIMES ENV */
const [folder, times, env] = process.argv.slice(2);
const { default: timer } = await import(`file://${folder}/keep.mjs`);

const kept = new Map();
const store = { get: async (name) => kept.get(name) ?? null, put: async (name, text) => void kept.set(name, text) };
const statuses = [];
const ask = globalThis.fetch;
globalThis.fetch = async (...asked) => {
  const answer = await ask(...asked);
  statuses.push(answer.status);
  return answer;
};

for (let run = 0; run < Number(times); run++) await timer.scheduled({}, { ...JSON.parse(env), KEPT: store });
process.stdout.write(JSON.stringify({ kept: Object.fromEntries(kept), statuses: statuses.sort() }));
