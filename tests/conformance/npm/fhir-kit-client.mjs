// A whole patient's path by fhir-kit-client, a client that knows nothing of us.

import Client from "fhir-kit-client";

import { given, tell } from "./client.mjs";

const client = new Client({ baseUrl: given.base, bearerToken: given.token });
const { patient, organization, location } = given;
const system = patient.identifier[0].system;
const nik = patient.identifier[0].value;
const status = (answer) => Client.httpFor(answer).response.status;
const header = (answer, name) => Client.httpFor(answer).response.headers.get(name);
const ids = (bundle) => (bundle.entry ?? []).map((one) => one.resource.id);

async function refused(step, work) {
  try {
    await work();
    tell(step, { refused: false });
  } catch (error) {
    tell(step, { refused: true, status: error.response?.status, body: error.response?.data });
  }
}

const statement = await client.capabilityStatement();
tell("capabilities", {
  type: statement.resourceType,
  fhirVersion: statement.fhirVersion,
  kinds: statement.rest[0].resource.map((one) => one.type),
});

const created = await client.create({ resourceType: "Patient", body: patient });
tell("create", { status: status(created), location: header(created, "location"), resource: created });

const id = created.id;
const read = await client.read({ resourceType: "Patient", id });
tell("read", { status: status(read), etag: header(read, "etag"), resource: read });

const changed = { ...read, gender: "female" };
const updated = await client.update({
  resourceType: "Patient", id, body: changed, headers: { "If-Match": header(read, "etag") },
});
tell("update", { status: status(updated), resource: updated });

await refused("update-stale", () =>
  client.update({ resourceType: "Patient", id, body: changed, headers: { "If-Match": 'W/"1"' } }));

const first = await client.vread({ resourceType: "Patient", id, version: "1" });
tell("vread", { resource: first });

const history = await client.history({ resourceType: "Patient", id });
tell("history", {
  type: history.type,
  total: history.total,
  versions: history.entry.map((one) => one.resource.meta.versionId),
  methods: history.entry.map((one) => one.request.method),
});

const reference = (type, one) => ({ reference: `${type}/${one}` });
const visit = await client.create({
  resourceType: "Encounter",
  body: {
    resourceType: "Encounter",
    status: "arrived",
    class: { system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: "AMB" },
    subject: reference("Patient", id),
    period: { start: "2026-11-23T01:00:00+00:00" },
    location: [{ location: { reference: location } }],
    serviceProvider: reference("Organization", organization),
  },
});

const diagnosis = (code) => ({
  resourceType: "Condition",
  clinicalStatus: {
    coding: [{ system: "http://terminology.hl7.org/CodeSystem/condition-clinical", code: "active" }],
  },
  code: { coding: [{ system: "http://hl7.org/fhir/sid/icd-10", code }] },
  subject: reference("Patient", id),
  encounter: reference("Encounter", visit.id),
  recordedDate: "2026-11-23T01:00:00+00:00",
});
const appendicitis = await client.create({ resourceType: "Condition", body: diagnosis("K35.8") });
await client.create({ resourceType: "Condition", body: diagnosis("E11.9") });

const one = await client.search({
  resourceType: "Condition",
  searchParams: { patient: id, code: "http://hl7.org/fhir/sid/icd-10|K35.8" },
});
tell("search-two-params", { type: one.type, expected: [appendicitis.id], ids: ids(one) });

const both = await client.search({
  resourceType: "Condition",
  searchParams: { patient: `Patient/${id}`, code: "K35.8,E11.9", "recorded-date": "ge2026-11-23" },
  options: { postSearch: true },
});
tell("search-form", { type: both.type, count: ids(both).length });

const nobody = await client.search({ resourceType: "Patient", searchParams: { identifier: `${system}|${nik}x` } });
tell("search-none", { type: nobody.type, total: nobody.total, ids: ids(nobody) });

let page = await client.search({ resourceType: "Organization", searchParams: { _count: 10, _tag: "urn:sekali:tag|fictitious" } });
const pages = [ids(page)];
while ((page = page.link.some((one) => one.relation === "next") && (await client.nextPage({ bundle: page })))) {
  pages.push(ids(page));
}
tell("pages", { sizes: pages.map((one) => one.length), different: new Set(pages.flat()).size });

const born = "urn:uuid:0c5b1d4e-5b6f-4c9d-8f6a-1d2c3b4a5f60";
const transaction = {
  resourceType: "Bundle",
  type: "transaction",
  entry: [
    {
      fullUrl: born,
      resource: {
        ...visit, id: undefined, meta: undefined, status: "planned",
      },
      request: { method: "POST", url: "Encounter" },
    },
    {
      resource: { ...diagnosis("I10"), encounter: { reference: born } },
      request: { method: "POST", url: "Condition" },
    },
    { resource: { ...updated, gender: "male" }, request: { method: "PUT", url: `Patient/${id}` } },
  ],
};
const answer = await client.transaction({ body: transaction });
tell("transaction", { type: answer.type, statuses: answer.entry.map((one) => one.response.status) });

const [made] = (await client.search({ resourceType: "Condition", searchParams: { patient: id, code: "I10" } })).entry;
const led = await client.resolve({ reference: made.resource.encounter.reference });
tell("transaction-references", { type: led.resourceType, status: led.status, patient: led.subject.reference });

const before = (await client.search({ resourceType: "Condition", searchParams: { patient: id } })).entry.length;
await refused("transaction-refused", () =>
  client.transaction({
    body: {
      resourceType: "Bundle",
      type: "transaction",
      entry: [
        { resource: diagnosis("J06.9"), request: { method: "POST", url: "Condition" } },
        { resource: { ...diagnosis("J06.9"), subject: undefined }, request: { method: "POST", url: "Condition" } },
      ],
    },
  }));
const after = (await client.search({ resourceType: "Condition", searchParams: { patient: id } })).entry.length;
tell("transaction-all-or-nothing", { before, after });

const deleted = await client.delete({ resourceType: "Condition", id: appendicitis.id });
tell("delete", { status: status(deleted) });
await refused("read-deleted", () => client.read({ resourceType: "Condition", id: appendicitis.id }));
await refused("read-unknown", () =>
  client.read({ resourceType: "Patient", id: "00000000-0000-8000-8000-000000000000" }));
await refused("create-invalid", () =>
  client.create({ resourceType: "Patient", body: { resourceType: "Patient", gender: "unclear" } }));

const stranger = new Client({ baseUrl: given.base, bearerToken: "nobody's" });
await refused("without-token", () => stranger.read({ resourceType: "Patient", id }));
