/** What the address of a request says, read as the server reads it. */

// Of a query with more, nothing is read: the site's DATA_UPLOAD_MAX_NUMBER_FIELDS, here as Wagtail's template sets it.
const MOST_PARAMETERS = 10_000;
const SLUG = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** The path as people read it, "/caffè/"; undefined for one that can't be decoded, at which there is no page. */
export function pathIn({ url }) {
  try {
    return decodeURIComponent(new URL(url).pathname);
  } catch {
    return undefined;
  }
}

/** The query, as URLSearchParams. */
export function queryIn({ url }) {
  const { search, searchParams } = new URL(url);
  return search.split("&").length > MOST_PARAMETERS ? new URLSearchParams() : searchParams;
}

/**
 * As which group the page is to be shown: its slug, "" for the standard version, null where the address asks for neither.
 *
 * Only exact values count: with anything else, with both at once, or with one of them twice, it is an ordinary visit.
 */
export function askedIn(request) {
  if (!new URL(request.url).search.includes("personalise")) return null; // said in full, not percent-encoded
  const [standard, seenBy] = ["personalise", "personalise_as"].map((name) => queryIn(request).getAll(name));
  if (standard.length + seenBy.length !== 1) return null;
  if (standard.length) return standard[0] === "standard" ? "" : null;
  return SLUG.test(seenBy[0]) ? seenBy[0] : null;
}
