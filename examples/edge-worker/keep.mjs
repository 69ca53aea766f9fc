/**
 * Fetch the ruleset and the pages that the worker decides about, and keep them: every minute, by the network's own timer.
 *
 * `env.API` is the address of the API, `env.TOKEN` a token that is good for `ruleset` and `variants`, `env.PATHS` the
 * paths of the pages, `env.KEPT` a store with `get` and `put`. What can't be fetched stays as it was: of a ruleset that
 * gets old by that the worker makes nothing.
 */
export default {
  async scheduled(_event, env) {
    const pages = JSON.parse(env.PATHS).map((address) => keepPage(env, address));
    await Promise.allSettled([keep(env, "ruleset/", "ruleset"), ...pages]);
  },
};

async function keepPage(env, address) {
  const path = decodeURIComponent(address); // as the API and the worker know it
  await keep(env, `pages/?variants=all&path=${encodeURIComponent(path)}`, `page:${path}`);
}

async function keep(env, address, name) {
  const asked = Date.now();
  const before = JSON.parse((await env.KEPT.get(name)) ?? "{}");
  const headers = { Authorization: `Bearer ${env.TOKEN}`, ...(before.etag ? { "If-None-Match": before.etag } : {}) };
  const answer = await fetch(new URL(address, env.API), { headers });
  if (!answer.ok && answer.status !== 304) throw new Error(`${address}: ${answer.status}`);

  const now = answer.status === 304 ? before : {
    content: await answer.text(),
    signature: answer.headers.get("Personalise-Signature"),
    etag: answer.headers.get("ETag"),
  };
  await env.KEPT.put(name, JSON.stringify({ ...now, asked }));
}
