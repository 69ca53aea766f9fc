/** The visitor's choice: the banner that asks once, and the part of the page where it can be changed at any time. */
import { element, focusOn } from "./elements.js";

const ALLOW = { preference: "allowed" };
const REFUSE = { preference: "refused" };

/** Ask, or show nothing. The words are the site's own, made of what is really live there. */
export function showBanner(place, { question }, prefer) {
  if (!question) return place.replaceChildren();
  const { heading, introduction, again, sentences, allow, refuse } = question;
  const answer = ({ label, send }) => element("button", { type: "button", click: () => prefer(send) }, label);
  place.replaceChildren(
    banner(
      heading,
      element("h2", {}, heading),
      [introduction, again, sentences.join(" ")].map((words) => words && element("p", {}, words)),
      element(
        "p",
        { class: "buttons" },
        answer(allow),
        answer(refuse),
        element("a", { href: "#choice" }, "See what is used"),
      ),
    ),
  );
}

/** In the place of the question: what was chosen, until the visitor has read it. */
export function confirmChoice(place, why) {
  const hide = (event) => {
    const isByKeyboard = event.target.matches(":focus-visible");
    place.replaceChildren();
    focusOn(isByKeyboard ? document.querySelector(".skip-link") : document.querySelector("#main"));
  };
  const message = element("p", { tabindex: "-1" }, "Your choice is saved. ", why);
  const buttons = element("p", { class: "buttons" }, element("button", { type: "button", click: hide }, "Hide this message"));
  place.replaceChildren(banner("Your choice", message, buttons));
  focusOn(message);
}

const banner = (label, ...content) =>
  element("section", { class: "banner", "aria-label": label }, element("div", { class: "wrap" }, content));

/** What the visitor is taken for and why, and the way to change it. */
export function showChoice(place, { adapts, why, segments, facts }, prefer, forget) {
  const groups = segments.map(({ name }) => name).filter(Boolean);
  const button = (label, act) => element("button", { class: "quiet", type: "button", click: act }, label);
  place.replaceChildren(
    ...[
      element("p", {}, why),
      adapts && groups.length > 0 && element("p", {}, "What you see is for:"),
      adapts && groups.length > 0 && element("ul", {}, groups.map((name) => element("li", {}, name))),
      adapts &&
        facts.length > 0 &&
        element(
          "details",
          {},
          element("summary", {}, "What this was told from"),
          element("ul", {}, facts.map(({ meaning }) => element("li", {}, meaning))),
        ),
      element(
        "p",
        { class: "buttons" },
        adapts ? button("Turn it off", () => prefer(REFUSE)) : button("Turn it on", () => prefer(ALLOW)),
        adapts && button("Forget my visits and answers", forget),
      ),
    ].filter(Boolean),
  );
}
