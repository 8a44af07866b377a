// A certified OpenID provider (panva's oidc-provider) on loopback, with its own pages for logging in.
// Its name, address of ours and client come as JSON on standard input; it says "ready" and ends with its input.
import { createServer } from "node:http";
import { generateKeyPairSync } from "node:crypto";
import Provider from "oidc-provider";

const lines = (await new Promise((done) => process.stdin.once("data", (data) => done(String(data))))).trim();
const given = JSON.parse(lines);

function key(kid) {
  const pair = given.algorithm === "ES256"
    ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...pair.privateKey.export({ format: "jwk" }), kid, alg: given.algorithm, use: "sig" };
}

const provider = new Provider(given.issuer, {
  clients: [{
    client_id: given.client, client_secret: given.secret, redirect_uris: [given.back], response_types: ["code"],
    grant_types: ["authorization_code"], id_token_signed_response_alg: given.algorithm,
    post_logout_redirect_uris: [given.home], token_endpoint_auth_method: given.method,
  }],
  jwks: { keys: [key(given.kid)] },
  cookies: { keys: ["only for tests"] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  enabledJWA: { idTokenSigningAlgValues: ["RS256", "ES256"] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
});
createServer(provider.callback()).listen(given.port, "127.0.0.1", () => console.log("ready"));
process.stdin.on("end", () => process.exit(0));
process.stdin.resume();
