/**
 * A page for one visitor, decided at the edge of a network: from a kept page with every version, a kept ruleset and the
 * request. The site is never asked. Whatever is not as it should be gives the standard version.
 *
 * `env.KEPT.get(name)` gives what keep.mjs has put there, as text, or null; `env.PUBLIC_KEY` is the key of the site.
 */
import { askedIn, pathIn } from "./address.mjs";
import { choose, decide, needs } from "./evaluator.js";
import { read } from "./facts.mjs";
import { settle } from "./preference.js";
import { verified } from "./signature.js";

const OLDEST_SECONDS = 300; // a ruleset that nobody could renew for so long is not gone by: the site may be paused

export default {
  async fetch(request, env) {
    if (!["GET", "HEAD"].includes(request.method)) {
      return new Response(null, { status: 405, headers: { Allow: "GET, HEAD" } });
    }
    const path = pathIn(request);
    const kept = path && (await env.KEPT.get(`page:${path}`));
    if (!kept) return new Response(null, { status: 404 }); // or pass it on to the site: return fetch(request)

    const page = JSON.parse(JSON.parse(kept).content);
    const slugs = slugsIn(page);
    const asked = slugs.length ? askedIn(request) : null;
    const decision = slugs.length ? await decided(slugs, asked, request, page, env).catch(() => ({})) : {};
    const headers = {
      "Content-Type": "application/json",
      // One visitor's, and nobody else's to keep. A page without versions is everybody's.
      "Cache-Control": slugs.length ? "private, no-store" : "public, max-age=60",
      ...(asked === null ? {} : { "X-Robots-Tag": "noindex" }), // it is no page of its own
    };
    const body = request.method === "HEAD" ? null : JSON.stringify(resolved(page, decision));
    return new Response(body, { headers });
  },
};

/**
 * The reason of each segment that the page asks; {}, and so the standard version, where nothing may be decided.
 *
 * `asked` is what the address asks for, as `askedIn` gives it: then nothing is read about whoever follows the link.
 */
async function decided(slugs, asked, request, page, env) {
  const now = new Date();
  const ruleset = await trusted(env, now);
  if (!ruleset) return {};

  const adapts = asked === null && settle(ruleset.preference, request.headers, now).adapts;
  const needed = needs(ruleset, slugs);
  // What is the same for everybody, such as the date, goes on for those who refused. About them nothing is read.
  const refused = adapts ? [] : needed.filter((name) => ruleset.facts[name]?.about_visitor ?? true);
  const facts = {};
  for (const name of needed) if (!refused.includes(name)) facts[name] = read(name, request, { ruleset, page, now });
  // Who is held back for comparison only the visitor's own cookie knows, which is signed for the site: take all of those
  // who may be. Whoever is not adapted to is not compared either.
  const heldBack = adapts ? slugs.filter((slug) => ruleset.segments[slug]?.held_back) : [];
  const decision = decide(ruleset, facts, { segments: slugs, refused, heldBack });
  const isSeenBy = asked && Object.hasOwn(decision, asked) && !ruleset.segments[asked].learning;
  return isSeenBy ? { ...decision, [asked]: "preview" } : decision;
}

/** The ruleset, if the site signed it and it was renewed lately; else null. */
async function trusted(env, now) {
  const { content, signature, asked } = JSON.parse(await env.KEPT.get("ruleset"));
  const isOld = !(now - asked < OLDEST_SECONDS * 1000);
  const bytes = new TextEncoder().encode(content);
  if (isOld || !(await verified(bytes, signature, JSON.parse(env.PUBLIC_KEY)))) return null;
  return JSON.parse(content);
}

const isPersonalised = (value) => Array.isArray(value?.variants) && "default" in value && "nothing_for_others" in value;

/** The slugs of all segments that versions anywhere on the page are for. */
function slugsIn(value) {
  if (typeof value !== "object" || value === null) return [];
  const own = isPersonalised(value) ? value.variants.flatMap(({ segments }) => segments) : [];
  return [...new Set([...own, ...Object.values(value).flatMap(slugsIn)])];
}

/** The page as this visitor gets it, in the form of `GET pages/{id}/`. */
function resolved(value, decision) {
  if (Array.isArray(value)) return value.map((part) => resolved(part, decision));
  if (typeof value !== "object" || value === null) return value;
  if (isPersonalised(value)) {
    const variant = choose(value.variants, decision);
    return { variant: variant?.id ?? null, content: resolved(variant ? variant.content : value.default, decision) };
  }
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, resolved(part, decision)]));
}
