/** "What do you need to do today?": asked where an answer would be kept, in one step or two, and never by force. */
import { element } from "./elements.js";

const HEADING = "intent-heading";
const HINT = "intent-hint";

/** The question of the block `value`, as `intent` (the answer of GET intent/) says; null where nobody is to be asked. */
export function intentQuestion({ heading, hint }, intent, declare) {
  if (!intent?.ask) return null;
  const { given, top } = answerIn(intent);
  const parts = given ? answered(given, top, intent, heading, declare) : asking(intent, heading, hint, declare);
  return element(
    "section",
    { class: "question", "aria-labelledby": HEADING },
    element("h2", { id: HEADING }, heading),
    parts,
    element("span", { id: "intent-end", tabindex: "-1" }),
  );
}

const asking = (intent, heading, hint, declare) => [
  hint && element("p", { id: HINT, class: "hint" }, hint),
  choices(heading, intent.answers, declare, { describedBy: hint ? HINT : null }),
  element("p", {}, element("a", { href: "#intent-end" }, "Skip this question")),
];

const answered = (given, top, intent, heading, declare) => [
  element("p", { id: "intent-answer" }, "You told us: ", element("strong", {}, given.label), "."),
  given === top && top.answers.length > 0 && choices("Which of these?", top.answers, declare, { isLegendShown: true }),
  element(
    "details",
    {},
    element("summary", {}, "Change your answer"),
    choices(heading, intent.answers, declare, { checked: top.slug }),
  ),
  element("button", { class: "quiet", type: "button", click: () => declare(null) }, "Forget my answer"),
];

function choices(legend, answers, declare, { checked = null, describedBy = null, isLegendShown = false } = {}) {
  const send = (event) => {
    event.preventDefault();
    declare(new FormData(event.target).get("intent"));
  };
  return element(
    "form",
    { submit: send },
    element(
      "fieldset",
      { "aria-describedby": describedBy },
      element("legend", { class: isLegendShown ? null : "visually-hidden" }, legend),
      answers.map(({ slug, label }) =>
        element(
          "label",
          {},
          element("input", { type: "radio", name: "intent", value: slug, required: true, checked: slug === checked }),
          element("span", {}, label),
        ),
      ),
    ),
    element("button", {}, "Continue"),
  );
}

/** The answer that was given, and the one of the first step that it stands under: itself, mostly. */
function answerIn({ intent: slug, answers }) {
  for (const top of answers) {
    const given = [top, ...top.answers].find((answer) => answer.slug === slug);
    if (given) return { given, top };
  }
  return { given: null, top: null };
}
