// A real OpenID provider for the tests: whoever logs in is whom the address of the login names.
import Provider from "oidc-provider";
import { createServer } from "node:http";

const PEOPLE = JSON.parse(process.env.PEOPLE);
const server = createServer().listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: "driftline",
      client_secret: "canary-client-secret-5Rz",
      redirect_uris: [process.env.REDIRECT],
      grant_types: ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"],
      response_types: ["code"],
    }],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["groups"] },
    conformIdTokenClaims: false,
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...PEOPLE[id] }) }),
    features: { devInteractions: { enabled: true }, deviceFlow: { enabled: true } },
    pkce: { required: () => true },
    cookies: { keys: ["of the tests"] },
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
