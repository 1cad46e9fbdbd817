// SPDX-License-Identifier: AGPL-3.0-or-later
// An identity provider written by others (npm oidc-provider) in front of invented people: who comes
// says who he is and how surely, as behind a proxy of SPID and CIE.

import { createServer } from "node:http";
import { Provider } from "oidc-provider";

/** Starts it at an address; `ours` is where Delibera answers. */
export async function provide(issuer, ours, secret) {
  const oidc = new Provider(issuer, {
    clients: [{
      client_id: "delibera",
      client_secret: secret,
      redirect_uris: [`${ours}/accesso/identita/ritorno`],
      post_logout_redirect_uris: [`${ours}/accesso`],
    }],
    // The fiscal code comes with the profile only, as the standard has it.
    claims: { openid: ["sub"], profile: ["name", "fiscal_number"] },
    acrValues: ["livello1", "livello2"],
    cookies: { keys: ["prova"] },
    interactions: { url: (_, interaction) => `/chi/${interaction.uid}` },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: "Persona di prova", fiscal_number: id === "senza" ? undefined : `TINIT-${id}` }),
    }),
    loadExistingGrant: async (ctx) => {
      const { client, session, provider } = ctx.oidc;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope("openid profile");
      await grant.save();
      return grant;
    },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: {
        logoutSource: (ctx, form) => {
          ctx.body = `<!DOCTYPE html><html lang="it"><title>Uscita</title>${form}<button form="op.logoutForm" name="logout" value="yes">Esci dal gestore</button></html>`;
        },
      },
    },
  });
  const callback = oidc.callback();
  const server = createServer(async (request, response) => {
    if (!request.url.startsWith("/chi/")) return callback(request, response);
    if (request.method === "GET") {
      response.setHeader("content-type", "text/html");
      response.end(`<!DOCTYPE html><html lang="it"><title>Gestore</title><form method="post">
        <label>Codice fiscale <input name="codice"></label><label>Livello <input name="livello" value="livello2"></label>
        <button name="fai" value="entra">Entra</button><button name="fai" value="rifiuta">Rifiuta</button></form></html>`);
      return undefined;
    }
    let body = "";
    for await (const part of request) body += part;
    const form = new URLSearchParams(body);
    const result = form.get("fai") === "rifiuta"
      ? { error: "access_denied", error_description: "chiamare il numero 899" }
      : { login: { accountId: form.get("codice"), acr: form.get("livello") } };
    return oidc.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  });
  await new Promise((resolve) => server.listen(Number(new URL(issuer).port), resolve));
  return server;
}
