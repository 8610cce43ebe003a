import { createHash } from 'node:crypto';
import { browserScript } from './browser-script.js';
import { html, Markup } from './markup.js';
import { pageStyle } from './style.js';

const sha256 = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Nothing is ever loaded: neither from the network nor from files beside the page. Only the page's own script runs. */
const contentSecurityPolicy = [
  "default-src 'none'",
  `script-src ${sha256(browserScript)}`,
  `style-src ${sha256(pageStyle)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

export interface PageSection {
  readonly id: string;
  readonly title: string;
}

/** The whole document. `sections` are the headings that the navigation leads to; `header` stands above it. */
export function page(
  title: string,
  {
    header,
    sections,
    main,
    footer,
  }: Record<'header' | 'main' | 'footer', Markup> & {
    readonly sections: readonly PageSection[];
  },
): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Markup(pageStyle)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the results</a>
<header><h1>${title}</h1>
${header}
<nav aria-label="Sections"><ul>${sections.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
</header>
<main id="main" tabindex="-1">
${main}
</main>
<footer>${footer}</footer>
<script>${new Markup(browserScript)}</script>
</body>
</html>
`.text;
}
