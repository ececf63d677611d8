// An OpenID Connect issuer of its own make: prints where it is, and a token for each line of claims.

import { createInterface } from "node:readline";
import { OAuth2Server } from "oauth2-mock-server";

const server = new OAuth2Server();
for (const algorithm of ["RS256", "ES256", "EdDSA"]) await server.issuer.keys.generate(algorithm);
await server.start(0, "127.0.0.1");
const { port } = server.address();
// Providers have no port: what tokens name is not where the server is.
server.issuer.url = process.argv[2];
console.log(JSON.stringify({ port, keys: server.issuer.keys.toJSON().map((key) => [key.alg, key.kid]) }));

for await (const line of createInterface({ input: process.stdin })) {
  const { kid, ...claims } = JSON.parse(line);
  const scopesOrTransform = (_header, payload) => Object.assign(payload, claims);
  console.log(await server.issuer.buildToken({ kid, scopesOrTransform }));
}
await server.stop();
