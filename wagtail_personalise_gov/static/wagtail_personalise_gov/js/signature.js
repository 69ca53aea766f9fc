/**
 * Whether a ruleset is as the site signed it: a detached JWS (RFC 7515 appendix F) over its very bytes, by Ed25519.
 * What is taken and given stands in signature.d.ts.
 */

export async function verified(bytes, jws, publicKey) {
  const { subtle } = globalThis.crypto ?? (await import("node:crypto")).webcrypto; // Node 18 has it there only
  const [, header, signature] = /^([\w-]+)\.\.([\w-]+)$/.exec(String(jws).trim()) ?? [];
  if (!header || !isOurs(header) || publicKey?.crv !== "Ed25519") return false;
  const { kty, crv, x } = publicKey; // without what it says of its use, which runtimes name in their own ways
  const key = await subtle.importKey("jwk", { kty, crv, x }, "Ed25519", false, ["verify"]).catch(refuseBadKey);
  const signed = new TextEncoder().encode(`${header}.${inBase64(new Uint8Array(bytes))}`);
  return key !== null && subtle.verify("Ed25519", key, binary(signature), signed);
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
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
