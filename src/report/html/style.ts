import { darkModeCss, FONT_FAMILY, INK, PAPER } from '../theme.js';

/** The page's style sheet. Colours of lines are those of the figures (`theme.ts`); text has a contrast of 4.5 or more. */
export const pageStyle = `
:root { color-scheme: light dark; --ink: ${INK}; --paper: ${PAPER}; --soft: #59636e; --line: #d1d9e0; --shade: #f6f8fa; --link: #0969da; --gen: #D55E00; }
${darkModeCss()}
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --paper: #0d1117; --soft: #9198a1; --line: #3d444d; --shade: #161b22; --link: #58a6ff; --gen: #FF8A3D; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 ${FONT_FAMILY}; }
header, main, footer { max-width: 1160px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 28px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 21px; margin: 44px 0 8px; padding-top: 16px; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
h3 { font-size: 17px; margin: 30px 0 8px; }
h4 { font-size: 14px; margin: 14px 0 4px; }
p { margin: 8px 0; max-width: 75ch; }
a { color: var(--link); }
nav ul, .legend { display: flex; flex-wrap: wrap; gap: 2px 18px; padding: 0; margin: 10px 0; list-style: none; }
.legend li { display: flex; align-items: center; gap: 6px; }
.legend .sign { color: var(--gen); }
.small { font-size: 13px; color: var(--soft); }
.notes { padding-left: 20px; margin: 4px 0; }
.notes li, code, td { overflow-wrap: anywhere; }
code { font: 13px ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }
.skip { position: absolute; left: -9999px; }
.skip:focus { left: 8px; top: 8px; background: var(--paper); padding: 6px 10px; border: 1px solid var(--line); z-index: 1; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.counts { display: flex; flex-wrap: wrap; gap: 8px; margin: 12px 0; padding: 0; list-style: none; }
.counts li { padding: 4px 12px; border: 1px solid var(--line); border-radius: 6px; background: var(--shade); }
.counts strong { font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; position: relative; background:
  linear-gradient(to left, var(--paper) 30%, transparent) right / 48px 100% no-repeat local,
  linear-gradient(to left, var(--line), transparent) right / 16px 100% no-repeat scroll; }
table { border-collapse: collapse; font-size: 13.5px; font-variant-numeric: tabular-nums; margin: 4px 0; }
caption { text-align: left; color: var(--soft); font-size: 13px; padding: 2px 0 4px; }
th, td { text-align: left; padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; font-weight: 400; }
td { min-width: 6ch; max-width: 44ch; }
tbody th { min-width: 15ch; }
thead th { font-weight: 600; border-bottom-color: var(--soft); white-space: nowrap; }
td.number, th.number { text-align: right; white-space: nowrap; }
details { margin: 8px 0; }
summary { cursor: pointer; color: var(--link); font-size: 13.5px; width: fit-content; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(320px, 100%), 1fr)); gap: 12px 24px; align-items: start; }
figure { margin: 0; min-width: 0; }
figcaption { font-weight: 600; font-size: 14px; margin: 4px 0; }
figure > svg { display: block; width: 100%; max-width: 560px; height: auto; }
.key { white-space: nowrap; }
.bar { display: block; border-radius: 3px; min-width: 120px; margin-top: 3px; }
.cost-training { fill: #0072B2; } .cost-probes { fill: #D55E00; } .cost-data { fill: #E69F00; } .cost-evaluation { fill: #009E73; } .cost-other { fill: #767676; }
.browser { border: 1px solid var(--line); border-radius: 8px; padding: 12px 16px; margin: 12px 0; }
.controls { display: flex; flex-wrap: wrap; gap: 8px 18px; align-items: center; margin-bottom: 8px; }
.controls label { display: flex; align-items: center; gap: 8px; }
.controls select { max-width: 46vw; }
.slide { flex: 1 1 220px; }
.slide input { flex: 1; min-width: 80px; accent-color: var(--gen); }
select, button { font: inherit; color: inherit; background: var(--shade); border: 1px solid var(--soft); border-radius: 6px; padding: 3px 10px; }
button:disabled { color: var(--soft); border-color: var(--line); }
[data-parabola] text, [data-rates] text { font-size: 12px; fill: currentColor; }
[data-rates] { cursor: pointer; }
.grid { stroke: var(--line); }
.curve { fill: none; stroke: var(--gen); stroke-width: 2; }
.point { fill: var(--gen); stroke: var(--paper); stroke-width: 1.5; }
.star { fill: var(--gen); }
.after { fill: var(--ink); }
.before, .here { stroke: var(--ink); stroke-dasharray: 4 3; }
.dot { fill: var(--soft); } .dot.rejected { fill: none; stroke: var(--soft); }
dl { display: flex; flex-wrap: wrap; gap: 6px 22px; margin: 10px 0 4px; font-variant-numeric: tabular-nums; }
dt { color: var(--soft); font-size: 12.5px; } dd { margin: 0; }
footer { margin-top: 44px; padding-bottom: 28px; color: var(--soft); font-size: 13px; }
@page { margin: 14mm 12mm; }
@media print {
  body { font-size: 11px; } nav, .skip, .controls, [data-table] { display: none; }
  header, main, footer { max-width: none; padding: 0; }
  .scroll { overflow: visible; background: none; } table { font-size: 8.5px; } th, td { padding-right: 5px; }
  td.number, th.number { white-space: normal; overflow-wrap: normal; } td { min-width: 0; } tbody th { min-width: 9ch; }
  thead th:not(.number) { white-space: normal; overflow-wrap: anywhere; } .small, caption, summary { font-size: 10px; }
  figure, .browser, tr { break-inside: avoid; } h2, h3, caption { break-after: avoid; }
}
@media (forced-colors: active) { .curve { stroke: CanvasText; } .point, .star { fill: CanvasText; } }
`;
