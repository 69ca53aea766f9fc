/**
 * Whether a ruleset is as the site signed it: a detached JWS (RFC 7515 appendix F) over its very bytes, by Ed25519.
 * What is taken and given stands in signature.d.ts.
 */

export async function verified(bytes, jws, publicKey) {
  const { subtle } = globalThis.crypto ?? (await import("node:crypto")).webcrypto; // Node 18 has it there only
  const content = asBytes(bytes);
  const [, header, signature] = /^\s*([\w-]+)\.\.([\w-]+)\s*$/.exec(typeof jws === "string" ? jws : "") ?? [];
  if (!content || !header || !isOurs(header) || publicKey?.crv !== "Ed25519") return false;
  const { kty, crv, x } = publicKey; // without what it says of its use, which runtimes name in their own ways
  const key = await subtle.importKey("jwk", { kty, crv, x }, "Ed25519", false, ["verify"]).catch(refuseBadKey);
  const signed = new TextEncoder().encode(`${header}.${inBase64(content)}`);
  return key !== null && subtle.verify("Ed25519", key, binary(signature), signed);
}

/** Null for what is no bytes: text has other bytes in other encodings. */
function asBytes(given) {
  if (ArrayBuffer.isView(given)) return new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
  return Object.prototype.toString.call(given) === "[object ArrayBuffer]" ? new Uint8Array(given) : null;
}

/** Whether it is a header whose every word is understood here: none that must be (crit), and no other algorithm. */
function isOurs(header) {
  try {
    const { alg, crit, b64 } = JSON.parse(new TextDecoder().decode(binary(header)));
    return alg === "EdDSA" && crit === undefined && b64 === undefined;
  } catch {
    return false;
  }
}

function refuseBadKey(error) {
  if (error.name === "NotSupportedError") throw error; // this runtime can't tell, which is not "no"
  return null;
}

function binary(base64url) {
  try {
    return Uint8Array.from(atob(base64url.replaceAll("-", "+").replaceAll("_", "/")), (byte) => byte.charCodeAt(0));
  } catch {
    return new Uint8Array(); // of an impossible length
  }
}

function inBase64(bytes) {
  const parts = [];
  const length = 0x6000; // as many arguments as any runtime takes
  for (let at = 0; at < bytes.length; at += length) parts.push(String.fromCharCode(...bytes.subarray(at, at + length)));
  return btoa(parts.join("")).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
