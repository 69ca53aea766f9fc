/**
 * The fragments of a page that is the same for everybody: asks once which differ for this visitor, and puts them there.
 *
 * Stands before all of them, with `async`. Whatever fails, or comes too late, the standard versions stay.
 */
(() => {
  const PLACE = "personalise-fragment";
  const LATEST = 2500; // milliseconds after the first paint; what changes later is worse than the standard version

  const { personaliseFragments: address, personalisePage: page, personaliseTells: tells } =
    document.currentScript.dataset;
  const replaced = new Map(); // place → what was put there, and the standard version that stood there
  const used = new WeakSet(); // places in which something was typed or chosen
  let versions; // what this visitor gets, by the key of its place
  let since; // when it was asked again, if it was
  let asked = 0;

  function ask() {
    const number = ++asked;
    const { origin, pathname: path, search } = location;
    const told = new URLSearchParams({ page, path });
    // Only what live rules ask; of a page of this site, just that it was one.
    if (tells.includes("query") || search.includes("personalise")) told.set("query", search.slice(1));
    if (tells.includes("referrer")) told.set("referrer", document.referrer);
    else if (document.referrer.startsWith(`${origin}/`)) told.set("referrer", `${origin}/`);
    const request = new XMLHttpRequest(); // not fetch: this parses without a policy for trusted types
    request.open("POST", address);
    request.responseType = "document";
    request.timeout = 8000; // milliseconds
    request.onloadend = () => {
      if (number !== asked) return;
      const found = request.status === 200 && request.response ? request.response.body.children : [];
      versions = new Map([...found].map((version) => [version.dataset.personaliseFragment, version]));
      settleAll();
    };
    request.send(told);
  }

  function settleAll() {
    for (const place of versions ? document.querySelectorAll(PLACE) : []) if (isWhole(place)) settle(place);
  }

  function settle(place) {
    const version = versions.get(place.dataset.personaliseFragment);
    const before = replaced.get(place);
    if (before?.html === version?.innerHTML || isLate() || isInUse(place)) return;
    // Where room is kept, it does not shrink under a reader.
    if (firstPaint() && place.offsetHeight) place.style.minHeight = `${place.offsetHeight}px`;
    if (version) {
      replaced.set(place, { html: version.innerHTML, standard: before?.standard || [...place.childNodes] });
      place.replaceChildren(...document.importNode(version, true).childNodes);
      // With which query the visitor is to come back is known only here.
      for (const field of place.querySelectorAll("[class^=personalise-] [name=next]"))
        field.value = location.pathname + location.search;
    } else {
      replaced.delete(place);
      place.replaceChildren(...before.standard);
    }
  }

  /** Whether all of it was read: something stands behind it, or the page has ended. */
  function isWhole(node) {
    while (node && !node.nextSibling) node = node.parentNode;
    return node || document.readyState !== "loading";
  }

  const firstPaint = () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime;
  const isLate = () => performance.now() - (since ?? firstPaint() ?? Infinity) > LATEST;
  const isInUse = (place) =>
    used.has(place) ||
    place.matches(":focus-within") ||
    [...place.querySelectorAll("input, textarea")].some(
      (field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked,
    );

  document.addEventListener("input", (event) => {
    for (const node of event.composedPath()) used.add(node);
  });

  // What comes before it is painted is put there as soon as it was read.
  if (document.readyState === "loading") {
    const reading = new MutationObserver(settleAll);
    reading.observe(document, { childList: true, subtree: true });
    document.addEventListener("DOMContentLoaded", () => {
      reading.disconnect();
      settleAll();
    });
  }

  // The visitor has chosen: what the page shows follows, however long that takes.
  document.addEventListener("personalise-choice", () => {
    since = Infinity;
    ask();
  });
  // Back from another page, where they may have chosen.
  addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    since = performance.now();
    ask();
  });

  // A page that is made ahead of a visit is not looked at yet.
  if (document.prerendering) document.addEventListener("prerenderingchange", ask, { once: true });
  else ask();
})();
