// UCUM by somebody else: NLM's ucum-lhc, which fhirpath.js brings.
//
//   node units.mjs
//
// A line {"value": 5.4, "from": "g", "to": "mg"} is answered by a line: the number, or null where it cannot be converted.
// A line "all" is answered by its own list of codes: [code, whether arbitrary or special, power of mol].

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(new URL("./npm/package.json", import.meta.url));
const ucum = require("@lhncbc/ucum-lhc");
const utils = ucum.UcumLhcUtils.getInstance();

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  if (asked === "all") {
    const units = ucum.UnitTables.getInstance().allUnitsByDef();
    console.log(JSON.stringify(units.map((u) => [u.csCode_, u.isArbitrary_ || u.isSpecial_, u.moleExp_])));
  } else {
    const found = utils.convertUnitTo(asked.from, asked.value, asked.to);
    console.log(JSON.stringify(found.status === "succeeded" ? found.toVal : null));
  }
}
