// What ESLint asks of the JavaScript: its recommended rules. The packages are where scripts/get-js-tools puts them.
import { createRequire } from "node:module";

const tool = createRequire(new URL(".cache/js/", import.meta.url));
const globals = tool("globals");

export default [
  { ignores: [".*/"] },
  tool("@eslint/js").configs.recommended,
  { files: ["web/**"], languageOptions: { globals: globals.browser } },
  { files: ["tests/**", "bench/**"], languageOptions: { globals: globals.node } },
  { rules: { "no-unused-vars": ["error", { argsIgnorePattern: "^_" }] } },
];
