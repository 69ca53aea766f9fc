/** What settles it on a site: `preference` of a ruleset, as `GET ruleset/` and `export_ruleset` give it. */
export interface PreferenceSettings {
  readonly mode: "opt_out" | "opt_in" | "off";
  readonly policy_version: number;
  readonly honour_gpc: boolean;
  readonly honour_dnt: boolean;
  readonly allowed_max_age_days: number;
  readonly refused_max_age_days: number;
  /** The name of the cookie with the visitor's choice. */
  readonly cookie: string;
}

/** The headers of a request, such as those of a `Request`. Cookie, Sec-GPC and DNT are asked, and no others. */
export interface HeadersAsked {
  get(name: string): string | null | undefined;
}

/** Where a visitor stands. */
export interface Standing {
  readonly preference: "undecided" | "allowed" | "refused";
  /** Where that comes from: their choice, a signal of their browser, the site that is off; default: nobody said anything. */
  readonly because: "choice" | "gpc" | "dnt" | "mode" | "default";
  /** Whether pages may adapt to them. Where not, nothing about them may be read. */
  readonly adapts: boolean;
}

/**
 * Where a visitor stands: by their own choice, as long as it holds, then their browser's signal, then the site's mode.
 *
 * A refusal stands whatever else is said. An acceptance stands for its policy only, and beats a signal only when it was
 * made while that was on. `now` is the moment of the request. Whether they may be counted is not said here.
 */
export function settle(settings: PreferenceSettings, headers: HeadersAsked, now: Date | number): Standing;
