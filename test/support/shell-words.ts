/** The words of a command line as a shell splits it: quotes hold a word together, a backslash at a line's end joins lines. */
export function wordsOf(line: string): string[] {
  const words: string[] = []
  for (const [, text = ''] of line.replace(/\\\n/g, ' ').matchAll(/((?:[^\s'"]|'[^']*'|"[^"]*")+)/g))
    words.push(
      text.replace(
        /'([^']*)'|"([^"]*)"/g,
        (_quotes, single?: string, double?: string) => single ?? double ?? '',
      ),
    )
  return words
}
