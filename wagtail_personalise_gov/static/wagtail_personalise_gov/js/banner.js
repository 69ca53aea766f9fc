/**
 * The banner of a page that is the same for everybody (BANNER = "by_script"): shown to who has not chosen.
 *
 * Stands directly behind the banner, without `defer`: whoever is asked sees it from the first paint, others never do.
 */
(() => {
  const WORDS =
    "(allowed|refused|undecided(?=-))(?:-(counted|uncounted))?\\.(\\d{1,6})" +
    "(?:\\.(\\d{1,6})(?:-(\\d{1,6}))?)?(?:\\.(?=[gdn])g?d?n?)?";
  const TODAY = Math.floor(Date.now() / 864e5); // days since 1970, in UTC

  for (const banner of document.querySelectorAll(".personalise-banner[hidden]")) {
    const { personaliseCookie: name, personaliseVersion: version, personaliseSignals: honoured } = banner.dataset;
    const { personaliseAllowedDays: allowedDays, personaliseRefusedDays: refusedDays } = banner.dataset;
    const cookies = document.cookie.matchAll(new RegExp(`(?:^|; )${name}=${WORDS}(?=;|$)`, "g"));
    const sent = { gpc: navigator.globalPrivacyControl === true, dnt: navigator.doNotTrack === "1" };

    // A choice whose day is not known (NaN) holds for as long as its cookie.
    const allows = (on) => !(TODAY - on >= allowedDays || TODAY - on < -1);
    const refuses = (on) => !(TODAY - on > refusedDays);

    // As the server decides; but a page that adapts asks those who refused a part, since it knows to say so.
    const choices = [...cookies].map(([, adapting, counting, chosenFor, day, countingDay = day]) => ({
      refused: (adapting === "refused" && refuses(day)) || (counting === "uncounted" && refuses(countingDay)),
      allowed: adapting === "allowed" && allows(day),
      counted: counting === "counted" && allows(countingDay),
      older: chosenFor < Number(version),
    }));
    // Another host may have set a cookie of this name too: any refusal stands, else what holds comes first.
    const refused = choices.some((one) => one.refused) || honoured.split(" ").some((one) => sent[one]);
    const { allowed, older } = choices.find((one) => one.allowed || one.counted) || {};
    if (refused || (allowed && !older)) continue;

    // The page may have been kept for another address than this visitor's.
    for (const field of banner.querySelectorAll("[name=next]")) field.value = location.pathname + location.search;
    const again = banner.querySelector(".personalise-banner__again");
    if (again) again.hidden = !older;
    banner.hidden = false;
  }
})();
