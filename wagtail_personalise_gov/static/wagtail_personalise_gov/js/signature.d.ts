/** The public half of the key with which a site signs its rulesets, as `export_ruleset --public-key` prints it. */
export interface PublicKey {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  /** The key itself, in base64url. */
  readonly x: string;
  readonly kid?: string;
  readonly alg?: string;
  readonly use?: string;
}

/**
 * Whether `jws` is the site's signature of these very bytes.
 *
 * `jws` is a detached JWS, `header..signature`, as the header Personalise-Signature or a file of `export_ruleset` holds
 * it. Verify the bytes as they came, before they are read as JSON: what is written anew has another signature.
 *
 * False for any other bytes, signature or key, for what is no bytes or no text, and for a header with another algorithm or with words that must be
 * understood (`crit`). Rejects only where the runtime has no Ed25519, or no WebCrypto (a page without https), which is
 * not an answer.
 */
export function verified(
  bytes: ArrayBuffer | ArrayBufferView,
  jws: string | null | undefined,
  publicKey: PublicKey,
): Promise<boolean>;
