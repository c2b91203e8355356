/** `npm run layout`: writes what is made of the code into the documentation: the plan of the house, the fields of a job. */
import { readFileSync, writeFileSync } from 'node:fs'
import { format, resolveConfig } from 'prettier'
import { houseTable } from './house.js'
import { jobReference } from './job-reference.js'

async function write(file: string, name: string, content: string): Promise<void> {
  const page = new URL(`../../docs/${file}`, import.meta.url)
  const [before, after] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`]
  const text = readFileSync(page, 'utf8')
  const [start, end] = [text.indexOf(before), text.indexOf(after)]
  if (start < 0 || end < start) throw new Error(`docs/${file} has no place for it: ${before} … ${after}`)
  const written = `${text.slice(0, start + before.length)}\n\n${content}\n\n${text.slice(end)}`
  writeFileSync(page, await format(written, { ...(await resolveConfig(page)), parser: 'markdown' }))
}

await write('architecture.md', 'the plan', houseTable())
await write('jobs.md', 'the fields', jobReference())
