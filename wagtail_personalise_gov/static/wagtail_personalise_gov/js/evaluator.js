/** Who is in which segment, as on the server. Nothing here throws. See evaluator.d.ts. */

export const answer = (condition, facts, segments = {}, described = {}) =>
  ask(
    condition,
    (name) => valueOf(name, facts, described),
    (slug) => own(segments, slug) ?? null,
  );

export const decide = (ruleset, facts, options) =>
  orElse({}, () => {
    const { segments, refused, heldBack } = options ?? {};
    const answers = { __proto__: null };
    const needed = { __proto__: null };
    const reasons = { __proto__: null };
    for (const { slug, asked, inner } of inOrder(ruleset, segments)) {
      const { condition, learning } = ruleset.segments[slug];
      const holds = (answers[slug] = answer(condition, facts, answers, ruleset.facts));
      const needs = (needed[slug] = [...asked, ...inner.flatMap((other) => needed[other] ?? [])]);
      if (holds) reasons[slug] = learning ? "learning" : heldBack?.includes(slug) ? "holdout" : "matched";
      else if (holds === false) reasons[slug] = "not_matched";
      else if (needs.some((name) => refused?.includes(name))) reasons[slug] = "refused";
    }
    return Object.fromEntries(live(ruleset, segments).map((slug) => [slug, reasons[slug] ?? "unknown"]));
  });

export const choose = (variants, decision) =>
  orElse(null, () => {
    const told = variants.flatMap((variant) => variant.segments.map((slug) => [variant, own(decision, slug)]));
    const [variant, reason] = told.find(([, reason]) => ["matched", "preview", "holdout"].includes(reason));
    return reason === "holdout" ? null : variant;
  });

export const needs = (ruleset, segments) =>
  orElse([], () => [...new Set(inOrder(ruleset, segments).flatMap(({ asked }) => [...asked]))]);

function orElse(otherwise, make) {
  try {
    return make();
  } catch {
    return otherwise;
  }
}

/** Else it can't be told. */
function must(hold) {
  if (!hold) throw null;
  return true;
}

const ask = (condition, factOf, segmentOf) =>
  orElse(null, () => {
    const { fact, op, value, all, any, not, segment } = condition;
    const shape = Object.keys(condition).sort().join();
    if (shape === "fact,op,value") return must(isText(op)) && QUESTIONS[op](factOf(fact), value);
    if (shape === "segment") return must(isText(segment)) && segmentOf(segment);
    must(!shape.includes(","));
    const answers = (all ?? any ?? [not]).map((part) => ask(part, factOf, segmentOf));
    if (shape !== "not" && answers.includes(!all)) return !all; // one yes settles ANY, one no ALL
    return must(!answers.includes(null)) && answers.length > 0 && (shape === "not" ? !answers[0] : !!all);
  });

const live = ({ format_version, paused, segments }, slugs = Object.keys(segments)) =>
  [...slugs].filter((slug) => format_version === 1 && !paused && isMap(own(segments, slug)));

/** These segments and those inside them, innermost first; not those inside themselves. */
function inOrder(ruleset, segments) {
  const found = new Map();
  const waiting = new Set(live(ruleset, segments));
  for (const slug of waiting) {
    const asked = new Set();
    const others = new Set();
    const noteFact = (name) => asked.add(family(name));
    const noteSegment = (other) => others.add(other);
    ask(ruleset.segments[slug].condition, noteFact, noteSegment);
    const inner = live(ruleset, others);
    for (const other of inner) waiting.add(other);
    found.set(slug, { slug, asked, inner, inside: new Set(inner) });
  }
  const all = [...found.values()];
  for (const { inside } of all) for (const slug of inside) for (const other of found.get(slug).inner) inside.add(other);
  return all.filter(({ slug, inside }) => !inside.has(slug)).sort((one, two) => one.inside.size - two.inside.size);
}

const own = (map, key) => (Object.hasOwn(map, key) ? map[key] : undefined);
const family = (name) => name.replace(/^(request\.query)\..*/s, "$1");

function valueOf(name, facts, described) {
  const whole = family(name);
  const value = read(own(facts, whole), own(described, whole)?.kind ?? own(KINDS, whole));
  if (whole === name) return value;
  const key = name.slice(whole.length + 1);
  return must(isMap(value)) && (Object.hasOwn(value, key) ? value[key] : "");
}

function read(value, kind) {
  if (isText(value)) return orElse(value, () => READ[kind](value));
  const { told, untold } = value ?? {};
  const isPartly = Array.isArray(told) && untold !== undefined && Object.keys(value).length < 3;
  return isPartly ? Object.assign([...told], { untold }) : value;
}

const isText = (value) => typeof value === "string";
const isNumber = Number.isFinite;
const isMap = (value) => ({}).toString.call(value) === "[object Object]";
const isValue = (value) => isText(value) || isNumber(value) || typeof value === "boolean";
const areAll = (values, is) => Array.isArray(values) && values.length > 0 && values.every((value) => is(value));
const areValues = (values) => areAll(values, isText) || areAll(values, isNumber);

const fold = (value) => (isText(value) ? value.toLowerCase().replaceAll("ς", "σ") : value); // σ and ς are one letter

const isAmong = (known, values) =>
  must(isValue(known) && typeof known === typeof values[0]) && values.map(fold).includes(fold(known));

function isAnyOf(known, isWanted) {
  const [told, untold] = [known, known.untold ?? []].map((items) => items.filter(isWanted).length);
  return told > 0 || (must(known.untold !== null && untold < 1) && false);
}

const QUESTIONS = {
  __proto__: null,
  in: (known, values) => must(areValues(values)) && isAmong(known, values),
  equals: (known, value) => isAmong(known, [value]),
  at_least: (known, value) => must(areAll([known, value], isNumber)) && known >= value,
  at_most: (known, value) => must(areAll([known, value], isNumber)) && known <= value,
  between(known, [low, high, ...zone]) {
    const ends = [low, high].filter((end) => end !== null);
    const scale = scaleOf(ends[0]);
    const wraps = ends[0] > ends[1];
    must(areValues(ends) && ends.every((end) => scaleOf(end) === scale));
    must(scale > 0 ? ends.length > 1 && (scale === DAY || low !== high) : !wraps);
    must(scale === NUMBER ? isNumber(known) && !zone.length : zone.length < 2);
    const now = scale === NUMBER ? known : known(...zone).slice(scale, scale + ends[0].length);
    const since = low === null || low <= now;
    const until = high === null || (scale === TIME ? now < high : now <= high);
    return wraps ? since || until : since && until;
  },
  weekday(known, days) {
    const today = new Date(`${known()}Z`).toLocaleString("en", { weekday: "long", timeZone: "UTC" });
    return must(areAll(days, isText)) && isAmong(today, days);
  },
  contains_any: (known, values) => must(areValues(values)) && isAnyOf(known, (item) => isAmong(item, values)),
  matches: (known, patterns) =>
    must(isText(known) && areAll(patterns, isText)) &&
    patterns.some((pattern) => isLike(fold(known), fold(pattern).split("*"))),
  within([lat, lng, radius, ...more], { lat: toLat, lng: toLng, km }) {
    const are = (limit, ...numbers) => numbers.every((number) => isNumber(number) && Math.abs(number) <= limit);
    must(are(90, lat, toLat) && are(180, lng, toLng) && are(20_100, km)); // half the girth
    must(are(km, radius ?? 0) && radius >= 0 && !more.length);
    return distanceKm(lat, lng, toLat, toLng) <= km + METRE_KM;
  },
  in_network(known, networks) {
    const forms = isText(known) ? address(known) : known;
    must(forms instanceof Set && areAll(networks, isText));
    return networks.map(network).some((pattern) => [...forms].some((form) => pattern.test(form)));
  },
  language: (known, ranges) =>
    must(areAll(ranges, isText)) &&
    isAnyOf(known, (tag) => must(isText(tag)) && ranges.some((range) => speaks(tag, range))),
  at_least_in: (known, weights) =>
    must([known, weights].every((map) => isMap(map) && Object.values(map).every(isNumber))) &&
    Object.keys(weights).some((slug) => (own(known, slug) ?? 0) >= weights[slug]),
};

const speaks = (tag, range) => range === "*" || fold(`${tag}-`).startsWith(fold(`${range}-`));

function isLike(text, pieces) {
  let at = 0;
  return pieces.every((piece, index) => {
    const start = index < pieces.length - 1 ? text.indexOf(piece, at) : text.length - piece.length;
    const fits = start >= at && text.startsWith(piece, start) && (index > 0 || start === 0);
    at = start + piece.length;
    return fits;
  });
}

// Moments

const NUMBER = -1;
const DAY = 5; // where it stands in "2026-04-18T09:30"
const TIME = 11;

const isShown = (text) => text > "0001" && new Date(`${text}Z`).toJSON()?.slice(0, 16) === text;

function scaleOf(end) {
  const shown = [`${end}T00:00`, `2000-${end}T00:00`, `2000-01-01T${end}`];
  return isNumber(end) ? NUMBER : [0, DAY, TIME][shown.findIndex(isShown)] ?? NaN;
}

function moment(text) {
  const [, own] = /^(.{16})(:[0-5]\d(\.\d{1,6})?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/.exec(text);
  return must(isShown(own)) && ((...zone) => (zone.length ? inZone(zone[0], new Date(text)) : own));
}

function inZone(timeZone, instant) {
  const shown = instant.toLocaleString("sv", { timeZone }).padStart(19, "0").slice(0, 16).replace(" ", "T");
  must(timeZone.match(/^[A-Z]/) && isShown(shown) && isShown(instant.toJSON().slice(0, 16)));
  return must(new Date(`${shown}Z`) - instant < 2e8) && shown; // not in the year before 1
}

// Places

const EARTH_RADIUS_KM = 6371.0088; // IUGG 1980
const METRE_KM = 0.001; // above rounding

function distanceKm(lat, lng, toLat, toLng) {
  const [phi, toPhi, angle] = [lat, toLat, toLng - lng].map((degrees) => (degrees * Math.PI) / 180);
  const half = Math.sin((toPhi - phi) / 2) ** 2 + Math.cos(phi) * Math.cos(toPhi) * Math.sin(angle / 2) ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(half)));
}

// Addresses, in bits

function address(text) {
  const [, v6] = /^\d+(?:\.\d+){3}$|^([\da-f.]*:[\da-f.:]*)(?:%[^%/]+)?$/i.exec(text);
  const { hostname } = new URL(`http://${v6 ? `[${v6}]` : text}`);
  must(v6 || hostname === text);
  const bitsOf = (part) => parseInt(part, v6 ? 16 : 10).toString(2).padStart(v6 ? 16 : 8, "0");
  const halves = hostname.split("::").map((half) => (half.match(/\w+/g) ?? []).map(bitsOf).join(""));
  const bits = halves.join("0".repeat((v6 ? 128 : 32) - halves.join("").length));
  return new Set([bits, bits.replace(/^0{80}1{16}/, "")]);
}

function network(text) {
  const [base, length] = text.trim().split("/");
  let [bits, mapped] = address(base);
  let end = +(length ?? bits.length);
  must(end <= bits.length && !bits.slice(end).includes("1"));
  if (mapped && end > 95) [bits, end] = [mapped, end - 96];
  return RegExp(`^${bits.slice(0, end).padEnd(bits.length, ".")}$`);
}

const READ = { __proto__: null, moment, address };
const KINDS = { "clock.local": "moment", "network.ip": "address" };
