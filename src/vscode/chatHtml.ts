export interface ChatHtmlSources {
  /** What a Content-Security-Policy calls the extension's own files. */
  readonly cspSource: string;
  readonly script: string;
  readonly style: string;
  /** Fresh for each document. */
  readonly nonce: string;
}

/** The document of the chat view: its own script and styles, and nothing from anywhere else. */
export function chatHtml({ cspSource, script, style, nonce }: ChatHtmlSources): string {
  const policy = [
    `default-src 'none'`,
    `style-src ${cspSource}`,
    `font-src ${cspSource}`,
    `img-src ${cspSource} data:`,
    `script-src 'nonce-${nonce}'`,
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fanout</title>
<link rel="stylesheet" href="${style}">
</head>
<body>
<div id="app"></div>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
