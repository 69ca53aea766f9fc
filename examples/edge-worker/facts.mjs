/**
 * What can be told of a visit at the edge: a reader for each fact, which gives its value, or undefined where it can't be
 * told. Each is called only if a segment of the page asks for it, and the visitor does not refuse it.
 *
 * A fact that is not here (memory, how the visit began, what the visitor is here for, an account) is unknown, and unknown
 * matches nobody. The site's cookies are not read, but for the choice, by preference.js.
 */

// The headers in which the network says where a visitor seems to be. It must overwrite what a visitor sends in them.
const COUNTRY = "CF-IPCountry";
const CITY = "CF-IPCity";
const ADDRESS = "CF-Connecting-IP";
const NO_COUNTRY = ["XX", "T1"]; // this network's for "can't tell", and for Tor

export const FACTS = {
  __proto__: null,
  "location.country": (request) => (mayGuess(request) ? country(request) : undefined),
  "location.city": (request) => (mayGuess(request) && country(request) ? told(request, CITY) : undefined),
  "network.ip": (request) => told(request, ADDRESS),
  // No more than the hint of today's browsers: a table of names of devices is much larger than this worker.
  "device.kind": (request) => (told(request, "Sec-CH-UA-Mobile") === "?1" ? "mobile" : undefined),
  language: (request) => some(languages(request).filter((tag) => tag !== "*")),
  "language.preferred": (request) => some(languages(request).slice(0, 1).filter((tag) => tag !== "*")),
  "request.path": (request) => decodeURIComponent(new URL(request.url).pathname),
  "request.query": (request) => Object.fromEntries(new URL(request.url).searchParams),
  "request.site": (request) => new URL(request.url).host,
  "clock.local": (_request, ruleset, now) => onTheClock(now, ruleset.time_zone),
};

const told = (request, header) => request.headers.get(header) || undefined;
const some = (values) => (values.length ? values : undefined);

function country(request) {
  const code = (told(request, COUNTRY) ?? "").toUpperCase();
  return /^[A-Z]{2}$/.test(code) && !NO_COUNTRY.includes(code) ? code : undefined;
}

/**
 * Where somebody said themselves where they are, or that they are not where they seem to be, only the site can read it: it
 * stands in the cookie of this visit. Their word beats a guess, so nothing is guessed about whoever has that cookie.
 */
const mayGuess = (request) => !/(^|;)\s*(__Host-)?personalise_visit=/.test(told(request, "Cookie") ?? "");

/** The tags of Accept-Language, the best first, without those that the visitor does not want (q=0). */
function languages(request) {
  const tags = (told(request, "Accept-Language") ?? "").toLowerCase().split(",").map((part) => {
    const [, tag, quality = "1"] = /^\s*([a-z0-9-]{1,35}|\*)\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?$/.exec(part) ?? [];
    return { tag, quality: Number(quality) };
  });
  if (!tags.every(({ tag }) => tag)) return []; // not a list of languages
  return tags.filter(({ quality }) => quality > 0).sort((one, two) => two.quality - one.quality).map(({ tag }) => tag);
}

/** A moment as the site's clock shows it, with its offset from UTC: "2026-04-18T09:30+01:00". */
function onTheClock(now, timeZone) {
  const shown = now.toLocaleString("sv", { timeZone }).replace(" ", "T"); // Swedish writes dates as ISO 8601 does
  const minutes = Math.round((Date.parse(`${shown}Z`) - now) / 60_000);
  const two = (number) => String(number).padStart(2, "0");
  const ahead = Math.abs(minutes);
  return `${shown.slice(0, 16)}${minutes < 0 ? "-" : "+"}${two(Math.floor(ahead / 60))}:${two(ahead % 60)}`;
}
