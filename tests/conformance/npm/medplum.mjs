// The same server by Medplum's client, made for another server; only told where FHIR lies and given a token.

import { MedplumClient, OperationOutcomeError } from "@medplum/core";

import { given, tell } from "./client.mjs";

const client = new MedplumClient({ baseUrl: given.origin, fhirUrlPath: "fhir-r4/v1", accessToken: given.token });
const { patient } = given;
const [{ system, value: nik }] = patient.identifier;

async function refused(step, work) {
  try {
    await work();
    tell(step, { refused: false });
  } catch (error) {
    tell(step, { refused: true, known: error instanceof OperationOutcomeError, outcome: error.outcome });
  }
}

const created = await client.createResource(patient);
tell("create", { resource: created });

tell("read", { resource: await client.readResource("Patient", created.id) });
tell("read-reference", { resource: await client.readReference({ reference: `Patient/${created.id}` }) });

const found = await client.searchResources("Patient", { identifier: `${system}|${nik}` });
tell("search", { ids: found.map((one) => one.id), type: found.bundle.type });
const one = await client.searchOne("Patient", `name=${encodeURIComponent(patient.name[0].text)}&identifier=${nik}`);
tell("search-one", { id: one?.id });

const updated = await client.updateResource({ ...created, gender: "female" });
tell("update", { resource: updated });
tell("vread", { resource: await client.readVersion("Patient", created.id, "1") });
const history = await client.readHistory("Patient", created.id);
tell("history", { type: history.type, versions: history.entry.map((one) => one.resource.meta.versionId) });

const again = await client.createResourceIfNoneExist(patient, `identifier=${system}|${nik}`);
tell("create-if-none-exist-there", { id: again.id });
const other = { ...patient, identifier: [{ ...patient.identifier[0], value: given.otherNik }] };
const fresh = await client.createResourceIfNoneExist(other, `identifier=${system}|${given.otherNik}`);
tell("create-if-none-exist-new", { id: fresh.id, versionId: fresh.meta.versionId });

const visit = "urn:uuid:5f0e9a52-7c1b-4a8e-9a53-0d1e2f3a4b5c";
const coded = (system, code) => ({ coding: [{ system, code }] });
const answer = await client.executeBatch({
  resourceType: "Bundle",
  type: "transaction",
  entry: [
    {
      fullUrl: visit,
      resource: {
        resourceType: "Encounter",
        status: "arrived",
        class: { system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: "AMB" },
        subject: { reference: `Patient/${created.id}` },
        period: { start: "2026-11-23T01:00:00+00:00" },
        location: [{ location: { reference: given.location } }],
        serviceProvider: { reference: `Organization/${given.organization}` },
      },
      request: { method: "POST", url: "Encounter" },
    },
    ...["J06.9", "R50.9", "R05"].map((code) => ({
      resource: {
        resourceType: "Condition",
        clinicalStatus: coded("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
        code: coded("http://hl7.org/fhir/sid/icd-10", code),
        subject: { reference: `Patient/${created.id}` },
        encounter: { reference: visit },
      },
      request: { method: "POST", url: "Condition" },
    })),
  ],
});
tell("transaction", { type: answer.type, statuses: answer.entry.map((one) => one.response.status) });

const pages = [];
for await (const page of client.searchResourcePages("Condition", { patient: created.id, _count: 2 })) {
  pages.push(page.map((one) => one.code.coding[0].code));
}
tell("pages", { pages });

const [condition] = await client.searchResources("Condition", { patient: created.id, code: "R05" });
await client.deleteResource("Condition", condition.id);
tell("delete", { left: (await client.searchResources("Condition", { patient: created.id })).length });
client.invalidateAll();
await refused("read-deleted", () => client.readResource("Condition", condition.id));
await refused("create-invalid", () => client.createResource({ resourceType: "Patient", gender: "unclear" }));
