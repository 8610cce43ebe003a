/** mteval-v13a's tokenisation for western languages (NIST 2009), lower-cased, as BLEU and NIST are computed with. */
export function mtevalTokens(text: string): string[] {
  const spaced = ` ${unescapeSgml(text)} `
    .replace(/([{-~[-` -&(-+:-@/])/g, ' $1 ') // punctuation
    .replace(/([^0-9])([.,])/g, '$1 $2 ') // full stops and commas, unless a digit is before them
    .replace(/([.,])([^0-9])/g, ' $1 $2') // … or behind them
    .replace(/([0-9])(-)/g, '$1 $2 '); // dashes behind digits
  return spaced.replace(/\s+/g, ' ').trim().toLowerCase().split(' ');
}

function unescapeSgml(text: string): string {
  return text
    .replaceAll('<skipped>', '')
    .replaceAll('-\n', '')
    .replaceAll('\n', ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
}
