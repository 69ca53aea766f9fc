/** Northmoor's home page, from the API. Without it the page stays as it stands in index.html: for everybody. */
import { Api, CallFailed } from "./api.js";
import { stream } from "./blocks.js";
import { confirmChoice, showBanner, showChoice } from "./choice.js";
import { addressesOn, focusOn } from "./elements.js";
import { intentQuestion } from "./question.js";

const PATH = "/"; // of the page on the site
const at = (id) => document.getElementById(id);

const api = new Api(document.querySelector("meta[name=personalise-api]").content, PATH);
const addressOf = addressesOn(api.address);
// That page knows the choice in this browser's cookies for the site, and nothing of a token.
if (api.token) at("about").textContent = "What this website uses and keeps";

/** Show the page as it is for this visitor now. */
async function show() {
  const page = await api.page(PATH);
  const asks = page.body.some(({ type }) => type === "intent_question");
  // What does not answer is left out, and the page shown all the same.
  const [visit, intent] = await Promise.all([orNull(api.visit()), asks ? orNull(api.intent()) : null]);
  const askIntent = (value) => intentQuestion(value, intent, declareIntent);
  at("heading").textContent = page.heading;
  at("summary").textContent = page.summary;
  at("stream").replaceChildren(...stream(page.body, { addressOf, askIntent, sayPlace }));
  if (visit) showChoice(at("choice-content"), visit, prefer, forget);
  at("away").hidden = true;
  return visit;
}

const orNull = (promise) => promise.catch(() => null);

/** Do what a visitor asked for, and show the page anew. What goes wrong is said. */
async function change(act, andThen) {
  let told;
  try {
    told = await act();
  } catch (problem) {
    return say(`That did not work, and nothing has changed. ${wordsOf(problem) || "Please try again."}`, true);
  }
  try {
    await show();
  } catch (problem) {
    return say(`That is done. This page stays as it is until you load it again. ${wordsOf(problem)}`, true);
  }
  andThen(told);
}

function wordsOf(problem) {
  if (!(problem instanceof CallFailed)) throw problem;
  return problem.message;
}

const prefer = (choice) =>
  change(
    () => api.prefer(choice),
    ({ why }) => confirmChoice(at("banner"), why),
  );

const declareIntent = (slug) =>
  change(
    () => api.declareIntent(slug),
    ({ kept }) => {
      say(kept ? "The page has changed." : NOT_KEPT, !kept);
      focusOn(at("intent-answer") ?? at("intent-heading") ?? at("main"));
    },
  );

const sayPlace = (place) =>
  change(
    () => api.declarePlace(place),
    ({ kept }) => {
      say(kept ? "The page has changed. We no longer guess where you are." : NOT_KEPT, !kept);
      focusOn(at("main"));
    },
  );

const forget = () =>
  change(api.forget, () => {
    say("What was kept of your visits and answers is erased.");
    focusOn(at("choice"));
  });

const NOT_KEPT = "Your answer could not be kept.";

/** For those who can't see that the page has changed; what went wrong, for everybody. */
function say(words, isWrong = false) {
  at("spoken").textContent = words;
  at("spoken").classList.toggle("visually-hidden", !isWrong);
}

try {
  const visit = await show();
  if (visit) showBanner(at("banner"), visit, prefer);
} catch (problem) {
  if (!(problem instanceof CallFailed)) throw problem;
  at("away").hidden = false;
} finally {
  at("stream").dataset.done = ""; // from here on it is seen, whatever it holds
}
