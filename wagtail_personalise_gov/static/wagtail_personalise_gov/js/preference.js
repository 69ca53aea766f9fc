/** Whether pages may adapt to a visitor, as the server settles it (core/preference.py). See preference.d.ts. */

export function settle({ mode, policy_version, honour_gpc, honour_dnt, ...known }, headers, now) {
  const choice = choiceIn(headers.get("Cookie") ?? "", known, Math.floor(now / DAY));
  const { preference = "undecided" } = choice ?? {};
  if (mode !== "opt_out" && mode !== "opt_in") return { preference, because: "mode", adapts: false };
  if (preference === "refused") return { preference, because: "choice", adapts: false };
  const signal = signalIn(headers, honour_gpc, honour_dnt);
  const accepts = preference === "allowed" && choice.version >= policy_version;
  if (accepts && (!signal || beats(choice, signal))) return { preference, because: "choice", adapts: true };
  if (signal) return { preference: "refused", because: signal, adapts: false };
  return { preference: "undecided", because: "default", adapts: mode === "opt_out" };
}

const DAY = 864e5; // milliseconds
const AHEAD = 1; // days by which the clocks of two servers may differ
const MAX_LENGTH = 4096; // characters of a value that are looked at; browsers keep no more
const SECURE = "__Host-";

// "<choice>.<policy version>.<day>", then letters: core/preference.py says what each means.
const COOKIE =
  /^(allowed|refused|undecided(?=-))(?:-(counted|uncounted))?\.(\d{1,6})(?:\.(\d{1,6})(?:-(\d{1,6}))?)?(?:\.(?=.)(g?d?n?))?$/;

/** Only the value "1" counts. */
function signalIn(headers, honourGpc, honourDnt) {
  if (honourGpc && headers.get("Sec-GPC") === "1") return "gpc";
  return honourDnt && headers.get("DNT") === "1" ? "dnt" : null;
}

/** An acceptance beats a signal that was on when it was made. */
const beats = ({ letters }, signal) => letters.includes("g") || (signal === "dnt" && letters.includes("d"));

/** What the visitor chose and still holds, or null. Of a name that any host of the domain could set, only a refusal. */
function choiceIn(cookies, { cookie, ...ages }, today) {
  const other = cookie.startsWith(SECURE) ? cookie.slice(SECURE.length) : SECURE + cookie;
  const [choice, before] = [cookie, other].map((name) => ofSeveral(valuesOf(cookies, name), ages, today));
  return choice ?? (before?.preference === "refused" ? before : null);
}

function valuesOf(cookies, name) {
  const pairs = cookies.split(";").map((pair) => /^([^=]*)=(.*)$/s.exec(pair.trim()) ?? []);
  const values = pairs.filter(([, found]) => found?.trim() === name).map(([, , value]) => value.trim());
  return values.filter((value) => value.length <= MAX_LENGTH).map((value) => value.replace(/^"(.*)"$/s, "$1"));
}

/** The first that holds, but any refusal among them stands. */
function ofSeveral(values, ages, today) {
  const choices = values.map((value) => held(value, ages, today)).filter(Boolean);
  return choices.find(({ preference }) => preference === "refused") ?? choices[0] ?? null;
}

/** What of one cookie still holds, or null. Whoever said something of counting alone is undecided about pages. */
function held(value, ages, today) {
  const [, word, counting, version, day, countingDay = day, letters = ""] = COOKIE.exec(value) ?? [];
  const said = word !== undefined && word !== "undecided" && holds(word === "allowed", day, ages, today);
  if (said) return { preference: word, version: Number(version), letters };
  const counted = counting !== undefined && holds(counting === "counted", countingDay, ages, today);
  return counted ? { preference: "undecided", version: Number(version), letters: "" } : null;
}

/** In doubt against an acceptance. Where the day is not known, the cookie's own age decides. */
function holds(accepts, day, { allowed_max_age_days, refused_max_age_days }, today) {
  if (day === undefined) return true;
  const age = today - Number(day);
  return accepts ? -AHEAD <= age && age < allowed_max_age_days : age <= refused_max_age_days;
}
