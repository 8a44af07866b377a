// What the scripts share: where Sekali is, what to send, and one line of JSON for each step.

import { readFileSync } from "node:fs";

/** {origin, base, token, …}: what the Python test hands over on standard input. */
export const given = JSON.parse(readFileSync(0, "utf8"));

export function tell(step, what) {
  process.stdout.write(JSON.stringify({ step, ...what }) + "\n");
}
