/**
 * What is known of a visitor where cookies can't be used: a token that the API hands out, signed, in place of cookies.
 *
 * It is kept in sessionStorage, since the page promises to forget an answer when the browser closes: what would be in a
 * cookie of the session must not outlive it. After a refusal the token holds that choice and nothing else, the same for
 * everybody who refused that day; then it is kept in localStorage, because a refusal has to last. Where the browser
 * allows neither, it lives as long as this page.
 */
const NAME = "personalise";
const UNKNOWN = "new"; // a visitor of whom nothing is kept

export class Token {
  #outlastsBrowser = stored("localStorage") !== null;

  text = stored("localStorage") ?? stored("sessionStorage") ?? UNKNOWN;

  keep(text) {
    this.text = text;
    store("localStorage", this.#outlastsBrowser ? text : UNKNOWN);
    store("sessionStorage", this.#outlastsBrowser ? UNKNOWN : text);
  }

  outlastsBrowser(outlasts) {
    this.#outlastsBrowser = outlasts;
    this.keep(this.text);
  }
}

function stored(where) {
  try {
    return window[where].getItem(NAME);
  } catch {
    return null; // the visitor's browser keeps nothing for pages
  }
}

function store(where, text) {
  try {
    if (text === UNKNOWN) window[where].removeItem(NAME);
    else window[where].setItem(NAME, text);
  } catch {
    // then it is kept in this page alone
  }
}
