// Subscribing by fhir-kit-client, a client that knows nothing of us.

import Client from "fhir-kit-client";

import { given, tell } from "./client.mjs";

const client = new Client({ baseUrl: given.base, bearerToken: given.token });

const statement = await client.capabilityStatement();
const kind = statement.rest[0].resource.find((one) => one.type === "Subscription");
tell("topics", { urls: kind.extension.map((one) => one.valueCanonical) });

const created = await client.create({ resourceType: "Subscription", body: given.wanted });
tell("create", { resource: created });
const found = await client.search({ resourceType: "Subscription", searchParams: { url: given.wanted.channel.endpoint } });
tell("search", { ids: found.entry.map((one) => one.resource.id) });
const status = await client.operation({ resourceType: "Subscription", id: created.id, name: "status", method: "GET" });
tell("status", { type: status.type });
