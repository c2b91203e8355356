/** `npm run layout`: writes the plan of the house into docs/architecture.md. */
import { readFileSync, writeFileSync } from 'node:fs'
import { format, resolveConfig } from 'prettier'
import { houseTable } from './house.js'

const page = new URL('../../docs/architecture.md', import.meta.url)
const [before, after] = ['<!-- the plan -->', '<!-- end of the plan -->']
const text = readFileSync(page, 'utf8')
const [start, end] = [text.indexOf(before), text.indexOf(after)]
if (start < 0 || end < start)
  throw new Error(`docs/architecture.md has no place for the plan: ${before} … ${after}`)
const written = `${text.slice(0, start + before.length)}\n\n${houseTable()}\n\n${text.slice(end)}`
writeFileSync(page, await format(written, { ...(await resolveConfig(page)), parser: 'markdown' }))
