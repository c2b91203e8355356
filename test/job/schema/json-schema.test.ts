import { readFile } from 'node:fs/promises'
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { jobJsonSchema } from '../../../lib/job/schema/json-schema.js'
import { jobReference } from '../../support/job-reference.js'
import { BAD_JOBS, GOOD_JOBS } from '../../support/jobs.js'

const schema = jobJsonSchema()

t.test('accepts and refuses the same jobs as parseJob', async t => {
  const validate = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true }).compile(schema)
  for (const [name, job] of Object.entries(GOOD_JOBS)) {
    t.ok(validate(JSON.parse(JSON.stringify(job))), `${name}: ${JSON.stringify(validate.errors)}`)
  }
  for (const [value, path] of BAD_JOBS) t.notOk(validate(value), path)
})

t.test('names its version and its parts, and describes every field', async t => {
  t.equal(schema['$schema'], 'https://json-schema.org/draft/2020-12/schema')
  t.equal(schema['$id'], 'urn:avio-streams:job:1')
  const parts = schema['$defs'] as Record<string, { properties: Record<string, object> }>
  t.same(
    Object.keys(parts).filter(name => name.startsWith('__')),
    [],
    'names every part',
  )
  for (const [part, { properties }] of Object.entries(parts)) {
    for (const [field, { description, $ref, const: only, items }] of Object.entries(properties) as [
      string,
      { description?: string; $ref?: string; const?: string; items?: object },
    ][]) {
      t.ok(description ?? $ref ?? only ?? items, `${part}.${field}`)
    }
  }
})

t.test('docs/jobs.md lists all fields', async t => {
  const page = await readFile(new URL('../../../docs/jobs.md', import.meta.url), 'utf8')
  const shown = /<!-- the fields -->\n([\s\S]*?)<!-- end of the fields -->/.exec(page)?.[1] ?? ''
  t.same(cells(shown), cells(jobReference()), 'npm run layout writes them')
})

/** The cells of tables, without the padding of the formatter. */
function cells(tables: string): string[][] {
  const lines = tables.split('\n').filter(line => line.startsWith('| ') && !line.includes('---'))
  return lines.map(line => line.split('|').map(cell => cell.trim()))
}
