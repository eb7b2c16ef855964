/** What the offline model says to all that it does not understand. */
export const HELP = `I am the built-in offline model: no AI, no network. I follow a few plain requests, with the real tools, so that Fanout can be tried without a key. I did not understand this one. I know:

- \`delegate these in the background: summarise README.md; list the tests; count the TODOs in src\`
- \`summarise src/extension.ts\`, \`read package.json\`
- \`list the files in src\`, \`list the tests\`, \`find files *.md\`
- \`search for "activate" in src\`, \`count the TODOs in src\`
- \`\` run \`npm test\` \`\`
- \`write "hello" to notes.txt\`, \`replace "hello" with "goodbye" in notes.txt\`
- \`show the problems\`

For a real model: name its provider in the setting \`fanout.providers\`, run “Fanout: Set API Key…”, then “Fanout: Select Model…”. A local server such as Ollama or LM Studio is found by itself.`;
