// FHIRPath by somebody else: NLM's fhirpath.js with its R4 model.
//
//   node evaluator.mjs resources.ndjson < expressions.json
//
// expressions.json is an array of FHIRPath texts. One line of JSON for each resource: an array of one item for each
// expression, itself an array of {"type": "FHIR.CodeableConcept", "value": …}, or {"error": "…"}.
//
// Three things of the search parameters' expressions mean something else there than in FHIRPath proper:
// - `resolve() is X` asks for the kind of what a reference leads to. Nothing is fetched here; `refersTo('X')` looks at
//   the reference itself.
// - `as X` picks, of many, those that are an X; FHIRPath's own `as` refuses many. `ofType(X)` is what is meant.
// - `hasExtension(url)` is not in FHIRPath; `extension(url).exists()` is.
// fhirpath_engine.py puts one in place of the other, so that this program evaluates what it is given.

import { createReadStream, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(new URL("./npm/package.json", import.meta.url));
const fhirpath = require("fhirpath");
const r4 = require("fhirpath/fhir-context/r4");

let root; // the resource being looked at, for references to what it contains

function kindOf(reference) {
  if (typeof reference?.reference === "string") {
    const text = reference.reference;
    if (text.startsWith("#")) {
      const own = text === "#" ? root : (root.contained ?? []).find((one) => one.id === text.slice(1));
      return own?.resourceType;
    }
    const found = /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z0-9.-]{1,64}(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/.exec(text);
    if (found) return found[1];
  }
  return reference?.type;
}

const options = {
  resolveInternalTypes: true,
  userInvocationTable: {
    refersTo: {
      fn: (inputs, kind) => inputs.filter((one) => kindOf(fhirpath.util.valData(one)) === kind),
      arity: { 1: ["String"] },
      internalStructures: true,
    },
  },
};

// What leaves the engine has lost the type of its primitives, so that each expression is asked for its types too.
const compiled = JSON.parse(readFileSync(0, "utf8")).map((text) => {
  try {
    return [text, `(${text}).type()`].map((one) => fhirpath.compile(one, r4, options));
  } catch (error) {
    return [() => { throw error; }];
  }
});

function values([valuesOf, typesOf]) {
  try {
    const found = valuesOf(root, {});
    if (found.length === 0) return [];
    const types = typesOf(root, {});
    return found.map((value, i) => ({ type: `${types[i].namespace}.${types[i].name}`, value }));
  } catch (error) {
    return { error: String(error?.message ?? error) };
  }
}

for await (const line of createInterface({ input: createReadStream(process.argv[2]) })) {
  if (!line) continue;
  root = JSON.parse(line);
  const answer = JSON.stringify(compiled.map(values)) + "\n";
  if (!process.stdout.write(answer)) await new Promise((done) => process.stdout.once("drain", done));
}
