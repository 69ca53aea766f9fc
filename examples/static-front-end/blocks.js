/** The blocks of a page, as the API gives them. One that is not known here shows nothing. */
import { element, richText } from "./elements.js";

/** `tools` are what blocks need besides their value: `addressOf`, `askIntent`, `sayPlace`. */
export function stream(blocks, tools) {
  return blocks.map(({ type, value }) => block(type, value, tools)).filter(Boolean);
}

function block(type, value, tools) {
  const render = BLOCKS[type];
  if (!render) return null;
  if (!isPersonalised(value)) return render(value, tools);
  const { variant, content } = value;
  return content === null ? null : render(content, { ...tools, isForThisVisit: variant !== null });
}

const isPersonalised = (value) => value !== null && typeof value === "object" && "variant" in value && "content" in value;

const BLOCKS = {
  __proto__: null,

  text: (value, { addressOf }) => element("div", { class: "prose" }, richText(value, addressOf)),

  warning: ({ heading, text, link: more }, { addressOf }) =>
    element(
      "section",
      { class: "warning" },
      element("h2", {}, heading),
      richText(text, addressOf),
      more.text && element("p", {}, link(more, addressOf)),
    ),

  welcome: ({ heading, text, links }, { addressOf }) =>
    element(
      "section",
      { class: "welcome" },
      element("div", {}, element("h2", {}, heading), text && element("p", {}, text)),
      linkList(links, addressOf),
    ),

  links: ({ heading, links }, { addressOf }) =>
    element("section", {}, element("h2", {}, heading), linkList(links, addressOf)),

  next_steps: ({ heading, text, steps, numbered }, { addressOf }) =>
    element(
      "section",
      { class: "next-steps" },
      element("h2", {}, heading),
      text && element("p", {}, text),
      element(
        numbered ? "ol" : "ul",
        { class: numbered ? "cards cards--numbered" : "cards" },
        steps.map((step) => element("li", {}, element("h3", {}, link(step, addressOf)), hint(step))),
      ),
    ),

  local: ({ heading, text, why, not_here: notHere }, { addressOf, isForThisVisit, sayPlace }) =>
    element(
      "section",
      { class: "local" },
      element("h2", {}, heading),
      richText(text, addressOf),
      isForThisVisit &&
        notHere &&
        element(
          "form",
          {
            submit: (event) => {
              event.preventDefault();
              sayPlace({ place: "none" });
            },
          },
          why && element("p", { class: "hint" }, why),
          element("button", { class: "quiet" }, notHere),
        ),
    ),

  latest_news: ({ heading, news }, { addressOf }) =>
    element(
      "section",
      { class: "news" },
      element("h2", {}, heading),
      element(
        "ul",
        {},
        news.map(({ title, href, date, summary }) =>
          element(
            "li",
            {},
            element("h3", {}, element("a", { href: addressOf(href) }, title)),
            element("p", { class: "hint" }, element("time", { datetime: date }, inWords(date))),
            element("p", {}, summary),
          ),
        ),
      ),
      element("p", {}, element("a", { href: addressOf("/news/") }, "All news")),
    ),

  intent_question: (value, { askIntent }) => askIntent(value),
};

const link = ({ text, href }, addressOf) => element("a", { href: addressOf(href) }, text);
const hint = (of) => of.hint && element("p", { class: "hint" }, of.hint);
const linkList = (links, addressOf) =>
  element("ul", { class: "link-list" }, links.map((one) => element("li", {}, link(one, addressOf), hint(one))));

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const inWords = (date) => DAY.format(new Date(date));
