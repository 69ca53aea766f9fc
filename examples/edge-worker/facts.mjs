/**
 * What can be told of a visit at the edge: a reader for each fact, which gives its value, or undefined where it can't be
 * told. Each is called only if a segment of the page asks for it, and the visitor does not refuse it.
 *
 * A fact that is not here (memory, how the visit began, what the visitor is here for, an account) is unknown, and unknown
 * matches nobody. The site's cookies are not read, but for the choice, by preference.js. What is here is read as the server
 * reads it: where you change a reader, keep to that.
 */
import { pathIn, queryIn } from "./address.mjs";

// The headers in which the network says where a visitor seems to be. It must overwrite what a visitor sends in them.
const COUNTRY = "CF-IPCountry";
const CITY = "CF-IPCity";
const ADDRESS = "CF-Connecting-IP"; // an address and nothing else: no port, no list

// Where the site keeps what visitors say; the name of Django's session cookie, if VISITOR_STORE puts it into sessions.
const VISIT_COOKIE = "personalise_visit";

/** The value of a fact. A reader that fails leaves its own fact unknown, and no other. */
export function read(name, ...known) {
  try {
    return FACTS[name]?.(...known);
  } catch {
    return undefined;
  }
}

export const FACTS = {
  __proto__: null,
  "location.country": (request) => (mayGuess(request) ? country(request) : undefined),
  "location.city": (request) => (mayGuess(request) && !isNowhere(request) ? placeName(request, CITY) : undefined),
  "network.ip": (request) => told(request, ADDRESS),
  // No more than the hint of today's browsers: a table of names of devices is much larger than this worker.
  "device.kind": (request) => (told(request, "Sec-CH-UA-Mobile") === "?1" ? "mobile" : undefined),
  language: (request) => some(languages(request).filter((tag) => tag !== "*")),
  "language.preferred": (request) => some(languages(request).slice(0, 1).filter((tag) => tag !== "*")),
  "request.path": (request) => pathIn(request),
  "request.query": (request) => Object.fromEntries(queryIn(request)), // of a parameter that stands there twice, the last
  // By the site's own name, which need not be the one that this visitor came by.
  "request.site": (_request, { page }) => new URL(page.url).host,
  "clock.local": (_request, { ruleset, now }) => onTheClock(now, ruleset.time_zone),
};

// A header that is there and empty says nothing. As a fact, "" would be a text: a country other than all.
const told = (request, header) => request.headers.get(header) || undefined;
const some = (values) => (values.length ? values : undefined);

// Places

const NOWHERE = ["XX", "ZZ", "T1"]; // for "can't tell" and for Tor: then nothing else is believed either
const UNKNOWN_WORDS = ["", "?", "-", "unknown", "(null)"];
const MOST_CHARACTERS = 300; // of a header; a longer one is no part of a place
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;

const isNowhere = (request) => NOWHERE.includes(placeName(request, COUNTRY)?.toUpperCase());

function country(request) {
  const code = placeName(request, COUNTRY) ?? "";
  return /^[A-Za-z]{2}$/.test(code) && !isNowhere(request) ? code.toUpperCase() : undefined;
}

function placeName(request, header) {
  const value = told(request, header) ?? "";
  const name = value.length > MOST_CHARACTERS ? "" : asUTF8(value).trim();
  return UNPRINTABLE.test(name) || UNKNOWN_WORDS.includes(name.toLowerCase()) ? undefined : name;
}

/** Networks mean UTF-8, and runtimes hand over each byte as one character. What is no UTF-8 stays as it is. */
function asUTF8(text) {
  const codes = [...text].map((character) => character.codePointAt(0));
  if (codes.some((code) => code > 255)) return text; // it was decoded already
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(codes));
  } catch {
    return text;
  }
}

/**
 * Where somebody said themselves where they are, or that they are not where they seem to be, only the site can read it: it
 * stands in the cookie of this visit. Their word beats a guess, so nothing is guessed about whoever has that cookie.
 */
function mayGuess(request) {
  const names = (told(request, "Cookie") ?? "").split(";").map((pair) => pair.split("=")[0].trim());
  return ![VISIT_COOKIE, `__Host-${VISIT_COOKIE}`].some((name) => names.includes(name));
}

// Languages

// As Django reads it: of a header that is longer, what stands before the last comma within these characters.
const MOST_OF_LANGUAGES = 500;
const LANGUAGE =
  /([a-z]{1,8}(?:-[a-z0-9]{1,8})*|\*)(?:\s*;\s*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?(?:\s*,\s*|$)/gy;

/** The tags of Accept-Language, the best first, without those that the visitor does not want (q=0). */
function languages(request) {
  const whole = (told(request, "Accept-Language") ?? "").toLowerCase();
  const end = whole.length > MOST_OF_LANGUAGES ? whole.lastIndexOf(",", MOST_OF_LANGUAGES - 1) : whole.length;
  const header = whole.slice(0, Math.max(end, 0));
  const found = [...header.matchAll(LANGUAGE)];
  if (found.map(([part]) => part).join("") !== header) return []; // not a list of languages
  const tags = found.map(([, tag, quality = "1"]) => ({ tag, quality: Number(quality) }));
  return tags.filter(({ quality }) => quality > 0).sort((one, two) => two.quality - one.quality).map(({ tag }) => tag);
}

// The clock

/** A moment as the site's clock shows it, with its offset from UTC: "2026-04-18T09:30+01:00". */
function onTheClock(now, timeZone) {
  const shown = now.toLocaleString("sv", { timeZone }).replace(" ", "T"); // Swedish writes dates as ISO 8601 does
  const minutes = Math.round((Date.parse(`${shown}Z`) - now) / 60_000);
  const two = (number) => String(number).padStart(2, "0");
  const ahead = Math.abs(minutes);
  return `${shown.slice(0, 16)}${minutes < 0 ? "-" : "+"}${two(Math.floor(ahead / 60))}:${two(ahead % 60)}`;
}
