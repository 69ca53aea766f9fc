/** Calls to the API of wagtail_personalise_gov: by cookies on the same host, by a token on another. */
import { Token } from "./token.js";

const SECONDS = 8; // that an answer may take
const MAX_PAGE = 2000; // characters of an address that the API takes

/** Why a call came to nothing, in words of the API; without any where nobody answered. */
export class CallFailed extends Error {}

export class Api {
  #queue = Promise.resolve(); // a call may change the token, so each waits for the one before

  /** `path` is the address of the page on the site that this one stands for. */
  constructor(address, path) {
    this.address = new URL(address, location.href);
    this.token = this.address.origin === location.origin ? null : new Token();
    const here = path + location.search; // campaigns stand in the query
    this.here = here.length > MAX_PAGE ? path : here;
  }

  page = (path) => this.#call(`pages/?path=${encodeURIComponent(path)}`);
  visit = () => this.#call("visit/");
  forget = () => this.#call("visit/", "DELETE");
  intent = () => this.#call("intent/");
  declareIntent = (slug) => this.#call("intent/", "PUT", { intent: slug });
  declarePlace = (place) => this.#call("place/", "PUT", place);

  /** `choice` is what an answer to the banner's question says is to be sent. */
  async prefer(choice) {
    const standing = await this.#call("preference/", "PUT", choice);
    this.token?.outlastsBrowser(standing.preference === "refused");
    return standing;
  }

  #call(...what) {
    const answer = this.#queue.then(() => this.#send(...what));
    this.#queue = answer.catch(() => {});
    return answer;
  }

  async #send(path, method = "GET", body = undefined) {
    const headers = { "Personalise-Page": this.here, "Personalise-Referrer": document.referrer };
    if (body) headers["Content-Type"] = "application/json";
    if (this.token) headers["Personalise-Visitor"] = this.token.text;
    const answer = await fetch(new URL(path, this.address), {
      method,
      headers,
      body: body && JSON.stringify(body),
      credentials: this.token ? "omit" : "same-origin",
      signal: AbortSignal.timeout(SECONDS * 1000),
    }).catch(() => {
      throw new CallFailed("");
    });
    const given = answer.headers.get("Personalise-Visitor");
    if (this.token && given) this.token.keep(given);
    if (answer.status === 204) return null;
    const told = await answer.json().catch(() => null); // of something in between that is no API
    if (!answer.ok || told === null) throw new CallFailed(told?.detail ?? told?.title ?? "");
    return told;
  }
}
